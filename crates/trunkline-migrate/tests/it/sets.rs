//! Which files are run, in which order, and what the ledger is told without running any.

use std::sync::Arc;

use trunkline_migrate::source::{Name, Source};
use trunkline_migrate::{
    DownRequest, Error, MigrationState, Origin, RepairRequest, Silent, UpRequest, new_migration,
};

use crate::support::{
    Heard, applied, assert_nothing_left, assert_verified, count, empty, exists, failure, folder,
    migrator, partner, platform, run, run_by_hand, source, texts, up,
};

/// Writes down in which order files ran.
fn step(name: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS steps (at serial, name text); INSERT INTO steps (name) VALUES ('{name}');"
    )
}

fn steps(names: &[&str]) -> Source {
    let texts: Vec<(String, String)> =
        names.iter().map(|name| (format!("{name}.sql"), step(name))).collect();
    let files: Vec<(&str, &str)> =
        texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    source(&files)
}

fn only(names: &[&str]) -> UpRequest {
    UpRequest { names: names.iter().map(ToString::to_string).collect(), ..UpRequest::default() }
}

const STEPS: &str = "SELECT name FROM steps ORDER BY at";

#[tokio::test]
async fn files_run_by_number_then_by_name_and_those_without_a_number_last() {
    let database = empty().await;
    let names =
        ["zz-views", "10-late", "2-b", "2-a", "001-first", "20260101120000-stamp", "a-first"];
    up(&migrator(&database, steps(&names))).await.unwrap();
    let client = database.connect().await.unwrap();
    assert_eq!(
        texts(&client, STEPS).await,
        ["001-first", "2-a", "2-b", "10-late", "20260101120000-stamp", "a-first", "zz-views"]
    );
}

#[tokio::test]
async fn one_file_by_a_start_of_its_name_then_up_to_one_then_the_rest_out_of_order() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, steps(&["1-a", "2-b", "3-c", "4-d", "5-e"]));
    let report = migrator.up(&only(&["4", "2-b.sql"]), Arc::new(Silent)).await.unwrap();
    assert_eq!(applied(&report), ["2-b", "4-d"]);
    let states: Vec<_> =
        migrator.status().await.unwrap().migrations.iter().map(|it| it.state).collect();
    let [applied_now, late] = [MigrationState::Applied, MigrationState::OutOfOrder];
    assert_eq!(states, [late, applied_now, late, applied_now, MigrationState::Pending]);

    let heard = Arc::new(Heard::default());
    let to = UpRequest { to: Some("3".into()), ..UpRequest::default() };
    let report = migrator.up(&to, heard.clone()).await.unwrap();
    assert_eq!(applied(&report), ["1-a", "3-c"]);
    assert!(heard.has("warning: 1-a is out of order") && heard.has("warning: 3-c is out of order"));
    assert_eq!(applied(&up(&migrator).await.unwrap()), ["5-e"]);
    assert_eq!(texts(&client, STEPS).await, ["2-b", "4-d", "1-a", "3-c", "5-e"]);

    // Down goes back in the order in which they were applied, not in that of their names.
    assert!(migrator.up(&only(&["1-a"]), Arc::new(Silent)).await.unwrap().applied.is_empty());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn atomic_applies_all_or_none() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let files = [
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("2-b.sql", "CREATE TABLE b (id int);"),
        ("3-c.sql", "SELECT 1/0;"),
    ];
    let atomic = UpRequest { atomic: true, ..UpRequest::default() };
    let failed =
        migrator(&database, source(&files)).up(&atomic, Arc::new(Silent)).await.unwrap_err();
    insta::assert_snapshot!("atomic_failed", failure(&failed));
    assert!(!exists(&client, "a").await && !exists(&client, "b").await);
    assert_eq!(count(&client, "SELECT count(*) FROM trunkline.migrations").await, 0);
    let report =
        migrator(&database, source(&files[..2])).up(&atomic, Arc::new(Silent)).await.unwrap();
    assert_eq!(applied(&report), ["1-a", "2-b"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn atomic_leaves_out_a_file_that_the_platform_applied() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(
        &client,
        "CREATE TABLE steps (at serial, name text); \
         CREATE TABLE public.migrations (filename TEXT UNIQUE, checksum TEXT, success BOOLEAN); \
         INSERT INTO public.migrations VALUES ('1-a.sql', NULL, true)",
    )
    .await;
    let atomic = UpRequest { atomic: true, ..UpRequest::default() };
    let report =
        migrator(&database, steps(&["1-a", "2-b"])).up(&atomic, Arc::new(Silent)).await.unwrap();
    assert_eq!((report.adopted.len(), applied(&report)), (1, vec!["2-b"]));
}

#[tokio::test]
async fn rows_of_copy_stand_in_the_file_as_pg_dump_writes_them() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let file = "CREATE TABLE t (id int, note text);\n\
                COPY public.t (id, note) FROM stdin;\n1\tone; 'two'\n2\t\\N\n3\t--no comment\\n$$\n\\.\n\n\
                COPY t FROM STDIN WITH (FORMAT csv);\n4,\"a;b\"\n\\.\nINSERT INTO t VALUES (5, 'after');\n";
    up(&migrator(&database, source(&[("1-t.sql", file)]))).await.unwrap();
    let rows = texts(&client, "SELECT concat_ws('|', id, note) FROM t ORDER BY id").await;
    assert_eq!(rows, ["1|one; 'two'", "2", "3|--no comment\n$$", "4|a;b", "5|after"]);
    let broken = source(&[
        ("1-t.sql", file),
        ("2-t.sql", "SELECT 1;\nCOPY t (id) FROM stdin;\n7\nseven\n\\.\n"),
    ]);
    let failed = up(&migrator(&database, broken)).await.unwrap_err();
    insta::assert_snapshot!("copy_failed", failure(&failed));
    assert_eq!(count(&client, "SELECT count(*) FROM t").await, 5);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn copy_works_in_a_no_transaction_file_too() {
    let database = empty().await;
    let file =
        "-- trunkline: no-transaction\nCREATE TABLE t (id int);\nCOPY t FROM STDIN;\n1\n2\n\\.\n";
    up(&migrator(&database, source(&[("1-t.sql", file)]))).await.unwrap();
    assert_eq!(count(&database.connect().await.unwrap(), "SELECT count(*) FROM t").await, 2);
}

#[tokio::test]
async fn statements_that_only_stand_alone_run_alone() {
    let database = empty().await;
    let file = "-- Why.\n-- trunkline: no-transaction\nCREATE TYPE mood AS ENUM ('calm');\n\
                ALTER TYPE mood ADD VALUE 'busy';\nCREATE TABLE t (m mood DEFAULT 'busy');\nVACUUM t;\n\
                CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES ('busy'); COMMIT; END $$;\nCALL p();\n\
                CREATE INDEX CONCURRENTLY i ON t (m);\nDROP INDEX CONCURRENTLY i;\nREINDEX TABLE CONCURRENTLY t;\n\
                CREATE MATERIALIZED VIEW v AS SELECT 1 AS n;\nCREATE UNIQUE INDEX ON v (n);\nREFRESH MATERIALIZED VIEW CONCURRENTLY v;";
    up(&migrator(&database, source(&[("1-t.sql", file)]))).await.unwrap();
    assert_eq!(count(&database.connect().await.unwrap(), "SELECT count(*) FROM t").await, 1);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_concurrent_index_without_a_name_is_refused() {
    let database = empty().await;
    let file = "-- trunkline: no-transaction\nCREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY ON t (id);";
    let refused = up(&migrator(&database, source(&[("1-t.sql", file)]))).await.unwrap_err();
    insta::assert_snapshot!("index_without_a_name", failure(&refused));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn bodies_of_functions_are_one_statement_however_they_are_written() {
    let database = empty().await;
    let atomic = "BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 ELSE 3 END; END";
    let client = database.connect().await.unwrap();
    let knows_atomic = "SELECT current_setting('server_version_num')::int8 / 140000";
    let body =
        if count(&client, knows_atomic).await > 0 { atomic } else { "AS 'SELECT 1; SELECT 2'" };
    let file = format!(
        "CREATE OR REPLACE FUNCTION a() RETURNS int LANGUAGE sql {body};\n\
                CREATE FUNCTION b() RETURNS int LANGUAGE plpgsql AS $b$ BEGIN RETURN a(); /* ; */ END $b$;\n\
                CREATE TABLE t (id int); CREATE TABLE s (id int);\n\
                CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO s VALUES (1); INSERT INTO s VALUES (2));\n\
                INSERT INTO t VALUES (b());"
    );
    let set = source(&[("1-f.sql", &file)]);
    assert_eq!(set.migrations()[0].up.statements().unwrap().len(), 6);
    up(&migrator(&database, set)).await.unwrap();
    assert_eq!(count(&client, "SELECT sum(id)::int8 FROM t").await, 2);
    assert_eq!(count(&client, "SELECT count(*) FROM s").await, 2);
}

#[tokio::test]
async fn notices_and_warnings_come_under_their_migration_as_they_are_raised() {
    let database = empty().await;
    let file = "DO $$ BEGIN RAISE NOTICE 'first'; RAISE WARNING 'second' USING HINT = 'h'; END $$;\nDROP TABLE IF EXISTS none;";
    let heard = Arc::new(Heard::default());
    let set = source(&[("1-a.sql", "SELECT 1;"), ("2-b.sql", file)]);
    migrator(&database, set).up(&UpRequest::default(), heard.clone()).await.unwrap();
    // Statements are sent ahead, so a notice may be heard before the answer of the one before it.
    let of_migrations =
        |line: &&String| !line.starts_with("statement") && !line.starts_with("done");
    let heard = heard.lines().iter().filter(of_migrations).cloned().collect::<Vec<_>>();
    insta::assert_debug_snapshot!("events", heard);
}

#[tokio::test]
async fn repair_accepts_a_changed_file_and_forgets_what_it_is_told_to() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let before = [("1-a.sql", "CREATE TABLE a (id int);"), ("2-b.sql", "CREATE TABLE b (id int);")];
    up(&migrator(&database, source(&before))).await.unwrap();
    let after = [
        ("1-a.sql", "CREATE TABLE a (id int); -- changed"),
        ("2-b.sql", "CREATE TABLE b (id bigint);"),
    ];
    let migrator = migrator(&database, source(&after));
    let one = RepairRequest { names: vec!["1".into()], forget: vec![] };
    let report = migrator.repair(&one, Arc::new(Silent)).await.unwrap();
    assert_eq!(report.accepted, [Name::parse("1-a").unwrap()]);
    assert!(matches!(up(&migrator).await.unwrap_err(), Error::Changed(names) if names.len() == 1));

    let forget = RepairRequest { names: vec!["1-a".into()], forget: vec!["2-b".into()] };
    let report = migrator.repair(&forget, Arc::new(Silent)).await.unwrap();
    assert_eq!((report.accepted.len(), report.forgotten.len()), (0, 1));
    assert!(exists(&client, "b").await, "nothing was run");
    let status = migrator.status().await.unwrap();
    let states: Vec<_> = status.migrations.iter().map(|it| it.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Pending]);
    let acts = migrator.history(None, 2).await.unwrap();
    assert!(acts.iter().all(|act| act.direction == "repair" && act.error.is_some()), "{acts:?}");
    let unknown = RepairRequest { names: vec!["9".into()], forget: vec![] };
    assert!(matches!(
        migrator.repair(&unknown, Arc::new(Silent)).await,
        Err(Error::UnknownMigration { .. })
    ));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn repair_without_names_accepts_every_changed_file() {
    let database = empty().await;
    up(&migrator(&database, steps(&["1-a", "2-b"]))).await.unwrap();
    let changed = [("1-a.sql", "SELECT 1;"), ("2-b.sql", "SELECT 2;")];
    let migrator = migrator(&database, source(&changed));
    let report = migrator.repair(&RepairRequest::default(), Arc::new(Silent)).await.unwrap();
    assert_eq!(report.accepted.len(), 2);
    assert!(migrator.status().await.unwrap().is_current());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn adopt_records_what_verify_agrees_with_and_refuses_what_it_does_not() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, partner());
    run_by_hand(&client, migrator.source().unwrap()).await;
    run(&client, "ALTER TABLE dialog_360_clients DROP CONSTRAINT dialog_360_clients_status_check")
        .await;
    let refused = migrator.adopt(&[], None, Arc::new(Silent)).await.unwrap_err();
    insta::assert_snapshot!("not_adopted", failure(&refused));
    assert!(!exists(&client, "trunkline.migrations").await);

    run(&client, "ALTER TABLE dialog_360_clients ADD CONSTRAINT dialog_360_clients_status_check CHECK (status IN ('pending', 'active', 'suspended', 'restricted', 'disconnected', 'deleted'))").await;
    let heard = Arc::new(Heard::default());
    let report = migrator.adopt(&["007".into()], None, heard.clone()).await.unwrap();
    assert_eq!(report.adopted.len(), 1);
    let report = migrator.adopt(&[], None, heard).await.unwrap();
    assert_eq!(report.adopted.len(), migrator.source().unwrap().migrations().len() - 1);
    let status = migrator.status().await.unwrap();
    assert!(status.is_current());
    assert!(status.migrations.iter().all(|it| it.origin == Some(Origin::Adopted)));
    assert_verified(&migrator).await;
    assert!(up(&migrator).await.unwrap().applied.is_empty());
    assert!(migrator.adopt(&[], None, Arc::new(Silent)).await.unwrap().adopted.is_empty());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn adopt_is_not_content_with_the_tables_alone() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("2-v.sql", "CREATE VIEW v AS SELECT 1 AS one;"),
        ("3-b.sql", "CREATE TABLE b (id int); DO $$ BEGIN CREATE TABLE hidden (id int); END $$;"),
        (
            "4-c.sql",
            "CREATE TABLE c (id int); CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        ),
    ]);
    let migrator = migrator(&database, set);
    run(&client, "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)").await;
    let mut said = Vec::new();
    for names in [&[][..], &["2-v".to_owned()], &["3-b".to_owned()], &["4-c".to_owned()]] {
        let refused = migrator.adopt(names, None, Arc::new(Silent)).await.unwrap_err();
        said.push(refused.to_string());
    }
    insta::assert_snapshot!("not_adopted_beside_tables", said.join("\n"));
    // What the others lack is not asked of this one.
    let report = migrator.adopt(&["1-a".into()], None, Arc::new(Silent)).await.unwrap();
    assert_eq!(report.adopted.len(), 1);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn new_takes_the_next_number_and_never_writes_over_a_file() {
    let folder = folder(&[
        ("007-a.sql", "SELECT 1;"),
        ("0012-b.sql", "SELECT 1;"),
        ("views.sql", "SELECT 1;"),
    ]);
    let read = || Source::directory(folder.path()).unwrap();
    let [up, down] = new_migration(&read(), "Add  client's index!").unwrap();
    assert_eq!(up, folder.path().join("0013-add-client-s-index.sql"));
    assert_eq!(down, folder.path().join("0013-add-client-s-index.down.sql"));
    // What it wrote is no migration yet, and says so.
    let database = empty().await;
    let refused = crate::support::up(&migrator(&database, read())).await.unwrap_err();
    assert!(refused.to_string().contains("holds no statement, only comments"), "{refused}");

    std::fs::write(folder.path().join("0014-x.down.sql"), "kept").unwrap();
    let set = Source::embedded("none", &[]).unwrap();
    assert!(new_migration(&set, "x").is_err(), "an embedded set has no folder");
    std::fs::remove_file(folder.path().join("0014-x.down.sql")).unwrap();
}

#[tokio::test]
async fn two_sets_share_a_ledger_without_being_ahead_of_each_other() {
    let database = empty().await;
    let file = [("1-a.sql", b"SELECT 1;".as_slice())];
    let first = Source::embedded("first", &file).unwrap();
    let second = Source::embedded("second", &[("2-b.sql", b"SELECT 1;".as_slice())]).unwrap();
    up(&migrator(&database, first.clone())).await.unwrap();
    assert_eq!(applied(&up(&migrator(&database, second.clone())).await.unwrap()), ["2-b"]);
    assert!(up(&migrator(&database, first)).await.unwrap().applied.is_empty());
    let report = migrator(&database, second)
        .down(&DownRequest { drop_data: true, ..DownRequest::default() }, Arc::new(Silent))
        .await;
    assert!(matches!(report, Err(Error::MissingDown(names)) if names.len() == 1));
}

#[tokio::test]
async fn a_table_that_an_earlier_file_makes_is_not_missing() {
    let database = empty().await;
    let set = [
        ("1-a.sql", "CREATE TABLE IF NOT EXISTS public.own (id integer PRIMARY KEY);"),
        (
            "2-b.sql",
            "-- trunkline: requires public.own(id integer primary key)\n\
             CREATE TABLE other (own integer REFERENCES own);",
        ),
    ];
    let migrator = migrator(&database, source(&set));
    up(&migrator).await.unwrap();
    let checks = migrator.verify(None).await.unwrap();
    assert!(checks.iter().any(|check| check.object == "public.own.id"), "{checks:?}");
    assert_verified(&migrator).await;
}
