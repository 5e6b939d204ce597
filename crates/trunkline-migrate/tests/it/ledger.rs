//! The platform's own ledger, `public.migrations`, and ours beside it.

use std::sync::Arc;
use std::time::Duration;

use trunkline_migrate::source::Name;
use trunkline_migrate::{MigrationState, Options, Origin, PlatformLedger, Silent, UpRequest};

use crate::support::{
    Heard, applied, assert_nothing_left, background, count, down, empty, exists, failure, flag,
    migrator, migrator_with, partner, partner_folder, platform, run, source, texts, until, up,
};

const TABLES: &[(&str, &str)] = &[
    ("1-a.sql", "CREATE TABLE a (id int);"),
    ("1-a.down.sql", "DROP TABLE a;"),
    ("2-b.sql", "CREATE TABLE b (id int);"),
    ("2-b.down.sql", "DROP TABLE b;"),
];

const LEDGER: &str = "CREATE TABLE public.migrations (id SERIAL PRIMARY KEY, filename TEXT NOT NULL UNIQUE, \
     executed_at TIMESTAMP NOT NULL DEFAULT now(), checksum TEXT, execution_time_ms INTEGER, success BOOLEAN NOT NULL)";

#[tokio::test]
async fn what_is_applied_stands_in_the_platforms_ledger_with_the_sha256_of_the_raw_file() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let before = count(&client, "SELECT count(*) FROM public.migrations").await;
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    for migration in migrator.source().unwrap().migrations() {
        let file = migration.name.file();
        let row = client
            .query_one(
                "SELECT checksum, success, execution_time_ms, executed_at > localtimestamp - interval '1 minute' \
                 FROM public.migrations WHERE filename = $1",
                &[&file],
            )
            .await
            .unwrap();
        let sum = std::process::Command::new("sha256sum")
            .arg(partner_folder().join(&file))
            .output()
            .unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert_eq!(Some(row.get::<_, &str>(0)), sum.split(' ').next(), "{file}");
        assert!(row.get::<_, bool>(1) && row.get::<_, i32>(2) >= 0 && row.get::<_, bool>(3));
    }
    down(&migrator).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM public.migrations").await, before);
}

#[tokio::test]
async fn a_file_that_the_platform_applied_is_adopted_and_not_run() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    run(&client, "CREATE TABLE a (id int, made_by_the_platform int)").await;
    run(
        &client,
        "INSERT INTO public.migrations (filename, checksum, success) VALUES \
         ('1-a.sql', 'of another version', true), ('2-b.sql', 'x', false), ('../odd.sql', NULL, true)",
    )
    .await;
    let migrator = migrator(&database, source(TABLES));
    let status = migrator.status().await.unwrap();
    assert_eq!(status.migrations[0].state, MigrationState::AppliedByPlatform);
    assert_eq!(status.migrations[1].state, MigrationState::Pending);

    let heard = Arc::new(Heard::default());
    let report = migrator.up(&UpRequest::default(), heard.clone()).await.unwrap();
    assert_eq!(report.adopted, [Name::parse("1-a").unwrap()]);
    assert_eq!(applied(&report), ["2-b"]);
    assert!(
        heard.has("1-a was applied by the platform's own runner from another version of the file")
    );
    assert!(flag(&client, "SELECT EXISTS (SELECT made_by_the_platform FROM a) IS NOT NULL").await);
    let rows =
        "SELECT concat_ws(' ', filename, checksum, success) FROM public.migrations ORDER BY id";
    let rows = texts(&client, rows).await;
    assert_eq!(rows[0], "1-a.sql of another version t");
    let raw = &migrator.source().unwrap().migrations()[1].up.checksum.raw;
    assert_eq!(rows[1], format!("2-b.sql {raw} t"));

    let status = migrator.status().await.unwrap();
    assert!(status.is_current());
    assert_eq!(status.migrations[0].origin, Some(Origin::Platform));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn when_the_platforms_runner_records_the_file_meanwhile_only_one_of_the_two_wins() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    let mut theirs = database.connect().await.unwrap();
    // The platform's runner is in the middle of 1-a: its row is not committed yet.
    let transaction = theirs.transaction().await.unwrap();
    run(
        transaction.client(),
        "CREATE TABLE a (id int, theirs int); \
         INSERT INTO public.migrations (filename, success) VALUES ('1-a.sql', true)",
    )
    .await;
    let migrator = migrator(&database, source(TABLES));
    let ours = background(&migrator, Arc::new(Silent));
    until(&client, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").await;
    transaction.commit().await.unwrap();
    let report = ours.await.unwrap().unwrap();
    assert_eq!(report.adopted, [Name::parse("1-a").unwrap()]);
    assert_eq!(applied(&report), ["2-b"]);
    assert!(flag(&client, "SELECT count(theirs) = 0 FROM a").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn the_platforms_runner_cannot_take_a_file_that_is_being_applied() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    let slow = source(&[("1-a.sql", "CREATE TABLE a (id int); SELECT pg_sleep(0.5);")]);
    let migrator = migrator(&database, slow);
    let ours = background(&migrator, Arc::new(Silent));
    until(
        &client,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%')",
    )
    .await;
    let theirs = client
        .batch_execute("INSERT INTO public.migrations (filename, success) VALUES ('1-a.sql', true)")
        .await
        .unwrap_err();
    assert_eq!(theirs.code().unwrap().code(), "23505");
    assert_eq!(applied(&ours.await.unwrap().unwrap()), ["1-a"]);
}

#[tokio::test]
async fn off_neither_reads_nor_writes_the_platforms_ledger_and_a_table_is_used_by_its_name() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    run(&client, "INSERT INTO public.migrations (filename, success) VALUES ('1-a.sql', true)")
        .await;
    let with = |ledger| {
        let options = Options { platform_ledger: ledger, ..Options::default() };
        migrator_with(&database.url(), source(TABLES), options)
    };
    assert_eq!(applied(&up(&with(PlatformLedger::Off)).await.unwrap()), ["1-a", "2-b"]);
    assert_eq!(count(&client, "SELECT count(*) FROM public.migrations").await, 1);
    down(&with(PlatformLedger::Off)).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM public.migrations").await, 1);

    let missing = up(&with(PlatformLedger::Table("other.log".into()))).await.unwrap_err();
    let nameless = up(&with(PlatformLedger::Table(String::new()))).await.unwrap_err();
    run(&client, "CREATE TABLE other_log (filename text)").await;
    let other = up(&with(PlatformLedger::Table("other_log".into()))).await.unwrap_err();
    // From PostgreSQL 16 on what is no name does not exist.
    let nameless = failure(&nameless).replace("is not a table's name", "does not exist");
    let said = [failure(&missing), nameless, failure(&other)].join("\n");
    insta::assert_snapshot!("platform_ledger_missing", said);
    assert!(!exists(&client, "b").await);

    run(&client, "CREATE SCHEMA other; CREATE TABLE other.\"Log\" (filename TEXT UNIQUE, checksum TEXT, success BOOLEAN)").await;
    let table = with(PlatformLedger::Table("other.\"Log\"".into()));
    assert_eq!(applied(&up(&table).await.unwrap()), ["1-a", "2-b"]);
    assert_eq!(texts(&client, "SELECT filename FROM other.\"Log\"").await, ["1-a.sql", "2-b.sql"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_table_named_migrations_of_another_tool_is_left_alone() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE public.migrations (id int, batch int); INSERT INTO public.migrations VALUES (1, 1)").await;
    assert_eq!(applied(&up(&migrator(&database, source(TABLES))).await.unwrap()), ["1-a", "2-b"]);
    assert_eq!(count(&client, "SELECT count(*) FROM public.migrations").await, 1);
}

#[tokio::test]
async fn a_no_transaction_file_is_written_to_the_platforms_ledger_too() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    let set = source(&[(
        "1-i.sql",
        "-- trunkline: no-transaction\nCREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (id);",
    )]);
    up(&migrator(&database, set)).await.unwrap();
    assert_eq!(
        texts(&client, "SELECT filename FROM public.migrations WHERE success").await,
        ["1-i.sql"]
    );
}

#[tokio::test]
async fn the_history_takes_rows_and_gives_none_back() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, source(TABLES));
    up(&migrator).await.unwrap();
    for change in [
        "UPDATE trunkline.migration_history SET state = 'done'",
        "DELETE FROM trunkline.migration_history",
        "TRUNCATE trunkline.migration_history",
    ] {
        let refused = client.batch_execute(change).await.unwrap_err();
        assert!(refused.as_db_error().unwrap().message().contains("append-only"), "{change}");
    }
    down(&migrator).await.unwrap();
    let acts = migrator.history(None, 10).await.unwrap();
    let acts: Vec<String> = acts
        .iter()
        .map(|act| format!("{} {} {}", act.migration, act.direction, act.state))
        .collect();
    assert_eq!(acts, ["1-a down done", "2-b down done", "2-b up done", "1-a up done"]);
    assert_eq!(migrator.history(Some("1-a"), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_platforms_word_is_not_taken_for_a_table_that_is_not_there() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let log = "CREATE TABLE log (filename text UNIQUE, checksum text, success bool); \
               INSERT INTO log VALUES ('2-b.sql', NULL, true)";
    run(&client, log).await;
    let options =
        Options { platform_ledger: PlatformLedger::Table("log".into()), ..Options::default() };
    let migrator = migrator_with(&database.url(), source(TABLES), options);
    insta::assert_snapshot!("its_table_is_not_there", failure(&up(&migrator).await.unwrap_err()));
    assert_eq!(
        count(&client, "SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')").await,
        0
    );
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn the_history_of_one_migration_is_found_by_a_start_of_its_name() {
    let database = empty().await;
    let set = [("1-a.sql", "SELECT 1;"), ("2-b.sql", "SELECT 2;")];
    let before = migrator(&database, source(&set));
    assert!(before.history(Some("1"), 10).await.unwrap().is_empty());
    up(&before).await.unwrap();
    let older = migrator(&database, source(&set[..1]));
    assert_eq!(older.history(Some("2"), 10).await.unwrap()[0].migration.as_str(), "2-b");
    let error = older.history(Some("2-bb"), 10).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no migration `2-bb`");
    assert_eq!(error.hint().unwrap(), "did you mean `2-b`?");
}

#[tokio::test]
async fn the_history_names_who_did_it_how_long_it_took_and_what_failed() {
    let database = empty().await;
    let set = [("1-a.sql", "SELECT pg_sleep(0.1);"), ("2-b.sql", "SELECT 1/0;")];
    let migrator = migrator(&database, source(&set));
    up(&migrator).await.unwrap_err();
    let acts = migrator.history(None, 10).await.unwrap();
    assert_eq!(acts[0].state, "failed");
    assert!(acts[0].error.as_ref().unwrap().contains("2-b.sql:1:1: division by zero"), "{acts:?}");
    assert!(acts[1].duration_ms.unwrap() >= 100);
    assert_eq!(acts[1].db_user, "trunkline");
    assert!(!acts[1].host.is_empty() && !acts[1].os_user.is_empty());
    let since = jiff::Timestamp::now() - acts[1].started_at;
    assert!(Duration::try_from(since).unwrap() < Duration::from_mins(1));
    let status = migrator.status().await.unwrap();
    assert!(status.migrations[1].last_error.as_ref().unwrap().contains("division by zero"));
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap_err();
    assert_nothing_left(&database).await;
}
