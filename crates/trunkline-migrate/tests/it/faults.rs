//! Things that break in the middle: statements, connections, the server, the disk.

use std::sync::Arc;

use trunkline_migrate::{Error, ExitStatus, MigrationState, Options, Silent, UpRequest};
use trunkline_postgres::{Cluster, Options as ClusterOptions};

use crate::proxy::Proxy;
use crate::support::{
    Heard, applied, assert_nothing_left, background, count, empty, exists, failure, flag,
    invalid_indexes, migrator, migrator_with, redacted, run, source, texts, until, up,
};

const SLOW: &[(&str, &str)] = &[
    ("1-a.sql", "CREATE TABLE a (id int);"),
    ("2-b.sql", "CREATE TABLE b (id int);\nSELECT pg_sleep(3);"),
];

const SLEEPING: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database())";

fn terminate(role: &str) -> String {
    format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name LIKE 'trunkline-migrate {role}%' AND datname = current_database()"
    )
}

#[tokio::test]
async fn a_work_connection_that_is_ended_leaves_nothing_and_the_next_run_completes() {
    lost_connection("up", "connection_lost_work").await;
}

#[tokio::test]
async fn when_the_connection_that_holds_the_lock_is_ended_nothing_is_committed() {
    lost_connection("lock", "connection_lost_lock").await;
}

async fn lost_connection(role: &str, snapshot: &str) {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let ours = migrator(&database, source(SLOW));
    let running = background(&ours, Arc::new(Silent));
    until(&client, SLEEPING).await;
    run(&client, &terminate(role)).await;
    let lost = running.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::ConnectionLost { .. }), "{lost:?}");
    let said = redacted(&failure(&lost), &[(&database.url(), "URL")]);
    let shown = migrator(&database, source(SLOW)).target().to_string();
    insta::assert_snapshot!(snapshot, redacted(&said, &[(&shown, "TARGET")]));
    assert!(exists(&client, "a").await && !exists(&client, "b").await);
    assert_nothing_left(&database).await;
    let quick = [SLOW[0], ("2-b.sql", "CREATE TABLE b (id int);")];
    assert_eq!(applied(&up(&migrator(&database, source(&quick))).await.unwrap()), ["2-b"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_network_that_goes_away_without_a_word_is_told_as_a_lost_connection() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let proxy = Proxy::open(&database).await;
    let ours = migrator_with(proxy.url(), source(SLOW), Options::default());
    let running = background(&ours, Arc::new(Silent));
    until(&client, SLEEPING).await;
    proxy.cut();
    let lost = running.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::ConnectionLost { .. }), "{lost:?}");
    // The server notices only when it has something to say: the next run waits for the orphan.
    let quick = [SLOW[0], ("2-b.sql", "CREATE TABLE b (id int);")];
    assert_eq!(applied(&up(&migrator(&database, source(&quick))).await.unwrap()), ["2-b"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_server_that_is_restarted_in_the_middle_is_told_and_the_next_run_completes() {
    let directory = tempfile::tempdir_in("/tmp").unwrap();
    let options = ClusterOptions {
        durable: false,
        fetch_into: None,
        ..ClusterOptions::new(directory.path().join("pg"))
    };
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let ours = migrator_with(&cluster.url("postgres"), source(SLOW), Options::default());
    let running = background(&ours, Arc::new(Silent));
    let client = cluster.connect("postgres").await.unwrap();
    until(&client, SLEEPING).await;
    let stopped =
        std::process::Command::new("kill").args(["-INT", &cluster.pid().to_string()]).status();
    assert!(stopped.unwrap().success());
    let lost = running.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::ConnectionLost { .. }), "{lost:?}");
    assert!(
        lost.to_string().contains("terminating connection due to administrator command"),
        "{lost}"
    );
    drop((cluster, client));

    let cluster = Cluster::open(&options, &()).await.unwrap();
    let quick = [SLOW[0], ("2-b.sql", "CREATE TABLE b (id int);")];
    let again = migrator_with(&cluster.url("postgres"), source(&quick), Options::default());
    assert_eq!(applied(&up(&again).await.unwrap()), ["2-b"]);
}

/// The engine commits without a flush each time, and flushes once before it reports.
#[tokio::test]
async fn what_a_run_reported_survives_a_crash_of_the_server() {
    let directory = tempfile::tempdir_in("/tmp").unwrap();
    let options =
        ClusterOptions { fetch_into: None, ..ClusterOptions::new(directory.path().join("pg")) };
    let files = [
        ("1-a.sql", "CREATE TABLE a (id int);"),
        (
            "2-b.sql",
            "-- trunkline: no-transaction\nCREATE TABLE b (id int);\nCREATE INDEX CONCURRENTLY b_id ON b (id);",
        ),
        ("3-c.sql", "CREATE TABLE c (id int);\nSELECT 1/0;"),
    ];
    for (files, reported, kept) in [(&files[..1], true, "1-a"), (&files[..], false, "1-a 2-b")] {
        let cluster = Cluster::open(&options, &()).await.unwrap();
        let ours = migrator_with(&cluster.url("postgres"), source(files), Options::default());
        let done = up(&ours).await;
        let crash = ["-QUIT", &cluster.pid().to_string()];
        assert!(std::process::Command::new("kill").args(crash).status().unwrap().success());
        assert_eq!(done.is_ok(), reported, "{done:?}");
        drop(cluster);

        let cluster = Cluster::open(&options, &()).await.unwrap();
        let client = cluster.connect("postgres").await.unwrap();
        let ledger = "SELECT string_agg(name, ' ' ORDER BY name) FROM trunkline.migrations";
        assert_eq!(texts(&client, ledger).await, [kept]);
        assert!(!exists(&client, "c").await);
    }
}

#[tokio::test]
async fn a_failed_statement_rolls_its_whole_migration_back_and_keeps_those_before() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let broken = [
        SLOW[0],
        (
            "2-b.sql",
            "CREATE TABLE b (id int);\nINSERT INTO b VALUES ('x');\nCREATE TABLE c (id int);",
        ),
    ];
    up(&migrator(&database, source(&broken))).await.unwrap_err();
    assert!(
        exists(&client, "a").await && !exists(&client, "b").await && !exists(&client, "c").await
    );
    assert_nothing_left(&database).await;
    let mended = [SLOW[0], ("2-b.sql", "CREATE TABLE b (id int);")];
    assert_eq!(applied(&up(&migrator(&database, source(&mended))).await.unwrap()), ["2-b"]);
}

#[tokio::test]
async fn a_no_transaction_file_resumes_at_the_statement_that_failed_once_it_is_mended() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let file = |third: &str| {
        let text = format!(
            "-- trunkline: no-transaction\nCREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n{third};\nINSERT INTO log VALUES (3);"
        );
        source(&[("1-a.sql", &text)])
    };
    let broken = migrator(&database, file("INSERT INTO lag VALUES (2)"));
    let failed = up(&broken).await.unwrap_err();
    insta::assert_snapshot!("failed_half_way", failure(&failed));
    assert_nothing_left(&database).await;
    let status = broken.status().await.unwrap().migrations.remove(0);
    assert_eq!((status.state, status.progress), (MigrationState::HalfWay, Some((2, 4))));
    assert!(status.last_error.unwrap().contains("lag"));

    let mended = migrator(&database, file("INSERT INTO log VALUES (2)"));
    assert_eq!(applied(&up(&mended).await.unwrap()), ["1-a"]);
    assert_eq!(texts(&client, "SELECT n::text FROM log ORDER BY n").await, ["1", "2", "3"]);
    assert!(mended.status().await.unwrap().is_current());
    let steps =
        "SELECT concat_ws(' ', state, statement, of) FROM trunkline.migration_history ORDER BY id";
    insta::assert_debug_snapshot!("steps", texts(&client, steps).await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_half_way_file_whose_finished_part_was_changed_is_refused() {
    let database = empty().await;
    let first = source(&[(
        "1-a.sql",
        "-- trunkline: no-transaction\nCREATE TABLE a (id int);\nSELECT 1/0;",
    )]);
    up(&migrator(&database, first)).await.unwrap_err();
    let other = source(&[(
        "1-a.sql",
        "-- trunkline: no-transaction\nCREATE TABLE a (id bigint);\nSELECT 1;",
    )]);
    let refused = up(&migrator(&database, other)).await.unwrap_err();
    assert!(matches!(refused, Error::ChangedHalfWay { done: 1, of: 2, .. }), "{refused}");
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_unique_index_that_failed_on_duplicates_is_valid_after_the_rows_were_mended() {
    for (name, index) in [("1-i.sql", "t_id"), ("2-j.sql", "IF NOT EXISTS \"T id\"")] {
        let database = empty().await;
        let client = database.connect().await.unwrap();
        run(&client, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)").await;
        let text = format!(
            "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY {index} ON t (id);"
        );
        let migrator = migrator(&database, source(&[(name, &text)]));
        let failed = up(&migrator).await.unwrap_err();
        insta::assert_snapshot!(format!("duplicates_{name}"), failure(&failed));
        assert_eq!(invalid_indexes(&client).await.len(), 1);
        run(&client, "DELETE FROM t WHERE ctid = '(0,2)'").await;
        let heard = Arc::new(Heard::default());
        migrator.up(&UpRequest::default(), heard.clone()).await.unwrap();
        assert!(heard.has("is INVALID, left by a build that failed; dropping it"));
        let names = "SELECT relname::text FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 't'::regclass";
        let quoted = index.rsplit("EXISTS ").next().unwrap().trim_matches('"');
        assert_eq!(texts(&client, names).await, [quoted]);
        assert_nothing_left(&database).await;
    }
}

#[tokio::test]
async fn what_is_in_the_way_of_dropping_an_invalid_index_is_named_and_no_timeout_ends_it() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)").await;
    let text = "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);";
    let migrator = migrator(&database, source(&[("1-i.sql", text)]));
    up(&migrator).await.unwrap_err();
    run(&client, "DELETE FROM t WHERE ctid = '(0,2)'").await;
    let name = database.name();
    run(&client, &format!("ALTER DATABASE {name} SET statement_timeout = '500ms'")).await;
    run(&client, "BEGIN; SELECT FROM t").await;
    let heard = Arc::new(Heard::default());
    let running = crate::support::background(&migrator, heard.clone());
    while !heard.has("waiting for lock of") && !running.is_finished() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    run(&client, "COMMIT").await;
    running.await.unwrap().unwrap();
    assert!(heard.has("waiting for lock of"), "{:?}", heard.lines());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn an_index_that_is_there_already_is_not_built_again() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int); CREATE INDEX t_id ON t (id)").await;
    let before = count(&client, "SELECT 't_id'::regclass::oid::int8").await;
    let set = source(&[(
        "1-i.sql",
        "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
    )]);
    up(&migrator(&database, set)).await.unwrap();
    assert_eq!(count(&client, "SELECT 't_id'::regclass::oid::int8").await, before);
}

#[tokio::test]
async fn another_index_of_that_name_is_told_unless_the_file_says_if_not_exists() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int, n int); CREATE INDEX t_i ON t (n)").await;
    let set = source(&[(
        "1-i.sql",
        "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY t_i ON t (id);",
    )]);
    let migrator = migrator(&database, set);
    // The second run must not take it for the one that the first run began to build.
    for _ in 0..2 {
        let refused = up(&migrator).await.unwrap_err();
        assert!(refused.to_string().contains("relation \"t_i\" already exists"), "{refused}");
    }
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn copy_that_asks_for_rows_which_the_file_does_not_have_is_an_error_and_not_a_hang() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int)").await;
    for text in [
        "COPY t FROM STDIN",
        "COPY t FROM STDIN;",
        "COPY t TO STDOUT;",
        "INSERT INTO t VALUES (7);\nCOPY t TO STDOUT;\nSELECT 1;",
    ] {
        let set = source(&[("1-c.sql", text)]);
        let running = up(&migrator(&database, set)).await;
        let Ok(_) = running else {
            assert_nothing_left(&database).await;
            assert_eq!(count(&client, "SELECT count(*) FROM t").await, 0);
            continue;
        };
        run(&client, "DROP SCHEMA trunkline CASCADE").await;
    }
}

#[tokio::test]
async fn a_site_that_ends_long_transactions_does_not_end_a_migration() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    // The setting came with PostgreSQL 17; ./scripts/postgres-majors has one.
    if count(&client, "SELECT current_setting('server_version_num')::int8 / 170000").await == 0 {
        return;
    }
    let name = database.name();
    let set = format!("ALTER DATABASE {name} SET transaction_timeout = '300ms'");
    client.batch_execute(&set).await.unwrap();
    let slow = "CREATE FUNCTION slow(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql \
                AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN n; END $$;";
    let table = "CREATE TABLE t (id int); INSERT INTO t VALUES (1);";
    let alone = "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY t_slow ON t (slow(id));";
    let set = source(&[
        ("1-slow.sql", "SELECT pg_sleep(1);"),
        ("2-next.sql", &format!("{slow}\n{table}")),
        ("3-index.sql", alone),
    ]);
    up(&migrator(&database, set)).await.unwrap();
    assert!(exists(&client, "t_slow").await);
}

#[tokio::test]
async fn a_full_disk_is_told_with_what_to_do_and_leaves_nothing() {
    let Some(tiny) = TinyDisk::mount() else {
        eprintln!("skipped: mounting a small disk needs root and the right to mount");
        return;
    };
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let space = format!("tiny_{}", std::process::id());
    run(&client, &format!("CREATE TABLESPACE {space} LOCATION '{}'", tiny.0.path().display()))
        .await;
    let text = format!(
        "CREATE TABLE big TABLESPACE {space} AS\nSELECT repeat('x', 1000) FROM generate_series(1, 20000);"
    );
    let full = up(&migrator(&database, source(&[("1-big.sql", &text)]))).await.unwrap_err();
    let said = redacted(&failure(&full), &[(&space, "SPACE")]);
    let begin = said.find("could not extend file \"").unwrap() + "could not extend file \"".len();
    let end = begin + said[begin..].find('"').unwrap();
    let said = format!("{}FILE{}", &said[..begin], &said[end..]);
    // As PostgreSQL 16 and newer do it.
    let said = said.replace(" with FileFallocate()", "");
    let said = crate::support::without_number(&said, "only ");
    insta::assert_snapshot!("disk_full", crate::support::without_number(&said, "at block "));
    assert_eq!(full.exit_status(), ExitStatus::Failed);
    assert!(!exists(&client, "big").await);
    assert_nothing_left(&database).await;
    run(&client, &format!("DROP TABLESPACE {space}")).await;
}

/// A disk of a few megabytes that PostgreSQL may write to.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir_in("/tmp").unwrap();
        let path = directory.path().to_str().unwrap();
        let does = |program: &str, arguments: &[&str]| {
            let status = std::process::Command::new(program)
                .args(arguments)
                .stderr(std::process::Stdio::null())
                .status();
            status.is_ok_and(|status| status.success())
        };
        if !does("mount", &["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", path]) {
            return None;
        }
        let disk = Self(directory);
        does("chown", &["postgres:", disk.0.path().to_str().unwrap()]).then_some(disk)
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_setting_that_one_migration_leaves_behind_does_not_reach_the_next_one() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE SCHEMA other").await;
    let set = source(&[
        (
            "1-a.sql",
            "SELECT pg_catalog.set_config('search_path', '', false);\nSET statement_timeout = '300ms';\nCREATE TABLE other.a (id int);",
        ),
        ("2-b.sql", "CREATE TABLE b (id int);\nSELECT pg_sleep(0.5);"),
        (
            "3-c.sql",
            "-- trunkline: no-transaction\nSET search_path = other;\nCREATE TABLE c (id int);",
        ),
        ("4-d.sql", "CREATE TABLE d (id int);"),
    ]);
    migrator(&database, set).up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
    assert!(exists(&client, "public.b").await && exists(&client, "public.d").await);
    assert!(exists(&client, "other.c").await, "within a file a setting stays");
    assert!(flag(&client, "SELECT count(*) = 4 FROM trunkline.migrations").await);
}
