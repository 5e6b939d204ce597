//! Several runners at once, and what an application's start costs when there is nothing to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use trunkline_migrate::{Error, ExitStatus, Options, Policy, Silent};

use crate::child;
use crate::proxy::Proxy;
use crate::support::{
    Heard, applied, assert_nothing_left, assert_verified, background, count, empty, exists,
    failure, folder, impatient, migrator, migrator_with, partner, partner_folder, platform,
    redacted, run, source, texts, up, without_number,
};

/// The runners' lock, as its documentation gives it: `trunklin` in ASCII.
pub(crate) const RUN_KEY: i64 = 0x7472_756e_6b6c_696e;

const ONE: &[(&str, &str)] = &[("1-a.sql", "CREATE TABLE a (id int);")];

#[tokio::test]
async fn twenty_processes_at_once_apply_each_migration_once_and_all_succeed() {
    let database = platform().await;
    let children: Vec<_> =
        (0..20).map(|_| child::spawn(&database.url(), partner_folder())).collect();
    let mut workers = 0;
    for child in children {
        let (success, said) = child::finish(child);
        assert!(success, "{said}");
        workers += usize::from(!said.contains("report 0 applied"));
    }
    assert_eq!(workers, 1, "one process applies them all");
    let client = database.connect().await.unwrap();
    let twice = "SELECT migration FROM trunkline.migration_history WHERE state = 'done' GROUP BY migration, statement HAVING count(*) <> 1";
    assert_eq!(texts(&client, twice).await, [""; 0]);
    assert_verified(&migrator(&database, partner())).await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn three_replicas_build_indexes_concurrently_without_a_deadlock() {
    let database = empty().await;
    let folder = folder(&[
        (
            "1-t.sql",
            "CREATE TABLE t (id int, n int); INSERT INTO t SELECT i, i FROM generate_series(1, 50000) i;",
        ),
        ("2-i.sql", "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY t_id ON t (id);"),
        (
            "3-j.sql",
            "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n); REINDEX INDEX CONCURRENTLY t_n;",
        ),
    ]);
    let children: Vec<_> = (0..3).map(|_| child::spawn(&database.url(), folder.path())).collect();
    for child in children {
        let (success, said) = child::finish(child);
        assert!(success, "{said}");
    }
    let client = database.connect().await.unwrap();
    let indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid";
    assert_eq!(count(&client, indexes).await, 2);
    let done = "SELECT count(*) FROM trunkline.migrations WHERE state = 'applied'";
    assert_eq!(count(&client, done).await, 3);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn nothing_pending_costs_one_connection_and_one_query() {
    let database = empty().await;
    up(&migrator(&database, source(ONE))).await.unwrap();
    let proxy = Proxy::open(&database).await;
    let migrator = migrator_with(proxy.url(), source(ONE), Options::default());
    migrator.ensure_current(Policy::Apply, Arc::new(Silent)).await.unwrap();
    assert_eq!((proxy.connections(), proxy.sent('S'), proxy.sent('Q')), (1, 1, 0));
    assert_eq!((proxy.sent('P'), proxy.sent('E')), (1, 1));
}

#[tokio::test]
async fn nothing_pending_takes_no_lock_and_waits_for_none() {
    let database = empty().await;
    let migrator = migrator(&database, source(ONE));
    up(&migrator).await.unwrap();
    let other = database.connect().await.unwrap();
    run(&other, &format!("SELECT pg_advisory_lock({RUN_KEY}), pg_advisory_lock({RUN_KEY} + 1)"))
        .await;
    let began = Instant::now();
    for policy in [Policy::Apply, Policy::Wait, Policy::Check, Policy::Off] {
        migrator.ensure_current(policy, Arc::new(Silent)).await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_second_runner_waits_with_a_message_and_then_has_nothing_to_do() {
    let database = empty().await;
    let slow = source(&[("1-a.sql", "CREATE TABLE a (id int); SELECT pg_sleep(1);")]);
    let first = migrator(&database, slow.clone());
    let first = background(&first, Arc::new(Silent));
    let client = database.connect().await.unwrap();
    crate::support::until(
        &client,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%')",
    )
    .await;
    let heard = Arc::new(Heard::default());
    let second = migrator(&database, slow);
    let report = second.ensure_current(Policy::Apply, heard.clone()).await.unwrap();
    assert!(report.done_by_another && report.applied.is_empty());
    assert!(heard.has("waiting for runner trunkline-migrate lock"), "{:?}", heard.lines());
    assert_eq!(applied(&first.await.unwrap().unwrap()), ["1-a"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_runner_that_outlasts_our_patience_is_named_with_its_start() {
    let database = empty().await;
    let other = database.connect().await.unwrap();
    run(
        &other,
        &format!(
            "SET application_name = 'somebody'; BEGIN; SELECT pg_advisory_xact_lock({RUN_KEY})"
        ),
    )
    .await;
    let pid = count(&other, "SELECT pg_backend_pid()::int8").await;
    let since = "SELECT to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') \
                 FROM pg_stat_activity WHERE pid = pg_backend_pid()";
    let since = texts(&other, since).await.remove(0);
    let locked = up(&migrator_with(&database.url(), source(ONE), impatient())).await.unwrap_err();
    assert_eq!(locked.exit_status(), ExitStatus::Blocked);
    let said = redacted(&failure(&locked), &[(&pid.to_string(), "PID"), (&since, "SINCE")]);
    insta::assert_snapshot!("locked", without_number(&said, "waited "));
    assert!(!exists(&other, "a").await);
    run(&other, "COMMIT").await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn check_refuses_what_is_pending_and_off_does_not_look() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, source(ONE));
    let pending = migrator.ensure_current(Policy::Check, Arc::new(Silent)).await.unwrap_err();
    insta::assert_snapshot!("pending", failure(&pending));
    assert!(!exists(&client, "trunkline.migrations").await, "check writes nothing");
    let nowhere =
        migrator_with("postgres://nobody@127.0.0.1:1/none", source(ONE), Options::default());
    nowhere.ensure_current(Policy::Off, Arc::new(Silent)).await.unwrap();
}

#[tokio::test]
async fn wait_does_not_wait_for_what_the_platforms_runner_applied() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(
        &client,
        "CREATE TABLE public.migrations (filename TEXT UNIQUE, checksum TEXT, success BOOLEAN); \
         INSERT INTO public.migrations VALUES ('1-a.sql', NULL, true)",
    )
    .await;
    let waiting = migrator_with(&database.url(), source(ONE), impatient());
    waiting.ensure_current(Policy::Wait, Arc::new(Silent)).await.unwrap();
}

#[tokio::test]
async fn wait_goes_on_when_another_job_has_migrated_and_gives_up_after_its_patience() {
    let database = empty().await;
    let options = impatient();
    let waiting = migrator_with(&database.url(), source(ONE), options);
    let tired = waiting.ensure_current(Policy::Wait, Arc::new(Silent)).await.unwrap_err();
    assert!(matches!(&tired, Error::Pending(names) if names.len() == 1), "{tired}");

    let patient = migrator(&database, source(ONE));
    let heard = Arc::new(Heard::default());
    let told = heard.clone();
    let other = async {
        while !heard.has("waiting for runner") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        up(&migrator(&database, source(ONE))).await.unwrap();
    };
    let (waited, ()) = tokio::join!(patient.ensure_current(Policy::Wait, told), other);
    assert!(waited.unwrap().done_by_another);
    assert_nothing_left(&database).await;
}
