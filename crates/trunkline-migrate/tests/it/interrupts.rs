//! Ctrl-C, wherever the run is: it stops soon, and leaves nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use trunkline_migrate::{Error, ExitStatus, Interrupt, Options, Policy};
use trunkline_postgres::testing::TestDatabase;

use crate::concurrency::RUN_KEY;
use crate::support::{
    Heard, assert_nothing_left, background, count, empty, exists, failure, invalid_indexes,
    migrator_with, run, source,
};

const LONG: Duration = Duration::from_secs(20);

/// Runs `up` until the observer has heard `sign`, interrupts it, and returns its error.
async fn interrupted(
    database: &TestDatabase,
    text: &str,
    lock_timeout: Duration,
    sign: &str,
) -> Error {
    let (ask, asked) = watch::channel(false);
    let options = Options { interrupt: Interrupt::new(asked), lock_timeout, ..Options::default() };
    let set = source(&[("1-a.sql", "CREATE TABLE a (id int);"), ("2-b.sql", text)]);
    let migrator = migrator_with(&database.url(), set, options);
    let heard = Arc::new(Heard::default());
    let told = heard.clone();
    let running = background(&migrator, told);
    let began = Instant::now();
    while !heard.has(sign) {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", heard.lines());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    ask.send(true).unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(2), "took {:?}", began.elapsed());
    assert_eq!(error.exit_status(), ExitStatus::Interrupted, "{error:?}");
    assert_nothing_left(database).await;
    error
}

#[tokio::test]
async fn in_the_middle_of_a_statement() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let text = "CREATE TABLE b (id int);\nSELECT pg_sleep(60);";
    let error = interrupted(&database, text, LONG, "statement 2-b 2/2").await;
    insta::assert_snapshot!("interrupted", failure(&error));
    assert!(exists(&client, "a").await && !exists(&client, "b").await);
    assert_eq!(count(&client, "SELECT count(*) FROM trunkline.migrations").await, 1);
}

#[tokio::test]
async fn between_many_short_statements() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let text = format!("CREATE TABLE b (id int);\n{}", "SELECT pg_sleep(0.005);\n".repeat(4000));
    interrupted(&database, &text, LONG, "done 2-b 30").await;
    assert!(!exists(&client, "b").await);
}

#[tokio::test]
async fn during_a_wait_for_a_table() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE busy (id int)").await;
    run(&client, "BEGIN; LOCK TABLE busy IN ROW EXCLUSIVE MODE").await;
    interrupted(&database, "ALTER TABLE busy ADD COLUMN n int;", LONG, "waiting for lock of pid")
        .await;
    run(&client, "COMMIT").await;
    assert_eq!(count(&client, "SELECT count(*) FROM trunkline.migrations").await, 1);
}

#[tokio::test]
async fn during_the_pause_before_another_attempt() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE busy (id int)").await;
    run(&client, "BEGIN; LOCK TABLE busy IN ROW EXCLUSIVE MODE").await;
    let short = Duration::from_millis(20);
    interrupted(&database, "ALTER TABLE busy ADD COLUMN n int;", short, "retrying 2-b 7").await;
    run(&client, "COMMIT").await;
}

#[tokio::test]
async fn while_an_index_is_built_concurrently() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    let blocker = database.connect().await.unwrap();
    run(&blocker, "BEGIN; UPDATE t SET id = 2").await;
    let (ask, asked) = watch::channel(false);
    let text = "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY t_id ON t (id);";
    let set = source(&[("1-i.sql", text)]);
    let options = Options { interrupt: Interrupt::new(asked), ..Options::default() };
    let migrator = migrator_with(&database.url(), set.clone(), options);
    let heard = Arc::new(Heard::default());
    let told = heard.clone();
    let running = background(&migrator, told);
    let began = Instant::now();
    while !heard.has("waiting for lock of pid") || !heard.has("index waiting for") {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", heard.lines());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ask.send(true).unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(error.exit_status(), ExitStatus::Interrupted, "{error:?}");
    run(&blocker, "COMMIT").await;
    assert_eq!(invalid_indexes(&client).await, ["t_id"]);
    crate::support::up(&migrator_with(&database.url(), set, Options::default())).await.unwrap();
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn while_another_runner_is_waited_for() {
    let database = empty().await;
    let other = database.connect().await.unwrap();
    run(&other, &format!("BEGIN; SELECT pg_advisory_xact_lock({RUN_KEY})")).await;
    let error = {
        let (ask, asked) = watch::channel(false);
        let options = Options { interrupt: Interrupt::new(asked), ..Options::default() };
        let migrator = migrator_with(&database.url(), source(&[("1-a.sql", "SELECT 1;")]), options);
        let heard = Arc::new(Heard::default());
        let told = heard.clone();
        let running = background(&migrator, told);
        while !heard.has("waiting for runner") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ask.send(true).unwrap();
        running.await.unwrap().unwrap_err()
    };
    assert_eq!(error.to_string(), "interrupted: nothing was begun");
    run(&other, "COMMIT").await;
    assert!(!exists(&other, "trunkline.migrations").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn while_another_job_is_waited_for_and_before_anything_begins() {
    let database = empty().await;
    let (ask, asked) = watch::channel(true);
    let options = Options { interrupt: Interrupt::new(asked), ..Options::default() };
    let migrator =
        migrator_with(&database.url(), source(&[("1-a.sql", "CREATE TABLE a (id int);")]), options);
    for policy in [Policy::Wait, Policy::Apply] {
        let error = migrator.ensure_current(policy, Arc::new(Heard::default())).await.unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Interrupted, "{error:?}");
    }
    assert!(!exists(&database.connect().await.unwrap(), "a").await);
    assert_nothing_left(&database).await;
    drop(ask);
}
