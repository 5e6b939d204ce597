//! Busy tables: the platform goes on writing, and whoever is in the way is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use trunkline_migrate::{Error, ExitStatus, Options};
use trunkline_postgres::testing::TestDatabase;

use crate::concurrency::RUN_KEY;
use crate::support::{
    Heard, applied, assert_nothing_left, assert_verified, background, count, empty, exists,
    failure, impatient, migrator, migrator_with, partner, platform, redacted, run, source, up,
    without_number,
};

/// What a loaded machine adds to a wait.
const SLACK: Duration = Duration::from_millis(700);

/// Sessions that write to `companies` without a pause, until they are told to stop.
struct Writers {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<(u32, Duration)>>,
}

impl Writers {
    async fn start(database: &TestDatabase) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for number in 0..3 {
            let client = database.connect().await.unwrap();
            let stop = Arc::clone(&stop);
            tasks.push(tokio::spawn(async move {
                let (mut writes, mut longest) = (0, Duration::ZERO);
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let write = format!(
                        "INSERT INTO companies (name, slug) VALUES ('busy', 'busy-{number}-{writes}'); \
                         UPDATE companies SET plan = 'busy {writes}' WHERE id = {number} + 1"
                    );
                    run(&client, &write).await;
                    longest = longest.max(began.elapsed());
                    writes += 1;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                (writes, longest)
            }));
        }
        Self { stop, tasks }
    }

    /// How many writes they made, and the longest wait of one.
    async fn stop(self) -> (u32, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let (mut writes, mut longest) = (0, Duration::ZERO);
        for task in self.tasks {
            let (more, wait) = task.await.unwrap();
            writes += more;
            longest = longest.max(wait);
        }
        (writes, longest)
    }
}

#[tokio::test]
async fn writers_of_companies_never_wait_longer_than_the_lock_timeout() {
    let database = platform().await;
    let writers = Writers::start(&database).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (writes, longest) = writers.stop().await;
    assert!(writes > 50, "{writes}");
    assert!(longest < Options::default().lock_timeout + SLACK, "{longest:?}");
    assert_verified(&migrator).await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_long_transaction_on_companies_holds_up_the_migration_but_not_the_writers() {
    let database = platform().await;
    let long = database.connect().await.unwrap();
    run(&long, "BEGIN; UPDATE companies SET plan = 'long' WHERE id = 20").await;
    let writers = Writers::start(&database).await;
    let migrator = migrator(&database, partner());
    let heard = Arc::new(Heard::default());
    let told = heard.clone();
    let running = background(&migrator, told);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!running.is_finished());
    run(&long, "COMMIT").await;
    running.await.unwrap().unwrap();
    let (writes, longest) = writers.stop().await;
    assert!(writes > 50, "{writes}");
    assert!(longest < Options::default().lock_timeout + SLACK, "{longest:?}");
    assert!(heard.has("waiting for lock of pid"), "{:?}", heard.lines());
    assert!(heard.has("retrying 008-360dialog-partner-tables 2"), "{:?}", heard.lines());
    assert_verified(&migrator).await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn after_the_budget_the_blocker_is_named_with_its_query_and_nothing_was_changed() {
    let database = empty().await;
    let other = database.connect().await.unwrap();
    run(&other, "CREATE TABLE t (id int)").await;
    run(&other, "SET application_name = 'platform web'; BEGIN; LOCK TABLE t IN SHARE MODE").await;
    let pid = count(&other, "SELECT pg_backend_pid()::int8").await;
    run(&other, "SELECT  count(*)\n FROM t").await;
    let set = source(&[("1-a.sql", "CREATE TABLE a (id int);\nALTER TABLE t ADD COLUMN n int;")]);
    let migrator = migrator_with(&database.url(), set, impatient());
    let began = Instant::now();
    let busy = up(&migrator).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(matches!(&busy, Error::Busy { blockers, .. } if blockers.len() == 1), "{busy:?}");
    assert_eq!(busy.exit_status(), ExitStatus::Blocked);
    let said = redacted(&failure(&busy), &[(&pid.to_string(), "PID")]);
    let said = without_number(&without_number(&said, "within "), "transaction for ");
    insta::assert_snapshot!("busy", said);
    assert!(!exists(&other, "a").await);
    run(&other, "COMMIT").await;
    assert_nothing_left(&database).await;
    assert_eq!(applied(&up(&migrator).await.unwrap()), ["1-a"]);
}

#[tokio::test]
async fn the_transaction_that_a_killed_runner_left_is_named_with_the_way_to_end_it() {
    let database = empty().await;
    let orphan = database.connect().await.unwrap();
    let files = [("0-z.sql", "SELECT 1;"), ("1-a.sql", "CREATE TABLE a (id int);")];
    up(&migrator(&database, source(&files[..1]))).await.unwrap();
    let migrator = migrator_with(&database.url(), source(&files), impatient());
    run(&orphan, "SET application_name = 'trunkline-migrate up elsewhere:7'; BEGIN").await;
    run(&orphan, &format!("SELECT pg_advisory_xact_lock({})", RUN_KEY + 1)).await;
    let pid = count(&orphan, "SELECT pg_backend_pid()::int8").await;
    let heard = Arc::new(Heard::default());
    let waiting = background(&migrator, heard.clone());
    let busy = waiting.await.unwrap().unwrap_err();
    let named = format!("trunkline-migrate up elsewhere:7 (backend {pid}, since ");
    assert!(heard.has(&named), "{:?}", heard.lines());
    let way = format!("pg_terminate_backend({pid})");
    assert_eq!(heard.lines().iter().filter(|line| line.contains(&way)).count(), 1);
    assert!(busy.hint().unwrap().contains(&way), "{busy}");
    assert_eq!(busy.exit_status(), ExitStatus::Blocked);
    run(&orphan, "COMMIT").await;
    assert_eq!(applied(&up(&migrator).await.unwrap()), ["1-a"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_no_transaction_statement_keeps_the_budget_too() {
    let database = empty().await;
    let other = database.connect().await.unwrap();
    run(&other, "CREATE TABLE t (id int)").await;
    run(&other, "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE").await;
    for statement in ["ALTER TABLE t ADD COLUMN n int;", "VACUUM t;", "REINDEX TABLE t;"] {
        let text = format!("-- trunkline: no-transaction\n{statement}");
        let set = source(&[("1-a.sql", &text)]);
        let began = Instant::now();
        let busy = up(&migrator_with(&database.url(), set, impatient())).await.unwrap_err();
        assert!(matches!(busy, Error::Busy { .. }), "{statement} {busy:?}");
        let hint = busy.hint().unwrap();
        assert!(hint.starts_with("what was done of 1-a before stays done; "), "{hint}");
        assert!(began.elapsed() < Duration::from_secs(3), "{statement}");
        let client = database.connect().await.unwrap();
        run(&client, "DROP SCHEMA trunkline CASCADE").await;
    }
    run(&other, "COMMIT").await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_down_script_without_a_transaction_keeps_the_budget_too() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "CREATE INDEX i ON t (id);"),
        ("1-a.down.sql", "-- trunkline: no-transaction\nDROP INDEX i;"),
    ]);
    run(&client, "CREATE TABLE t (id int)").await;
    let migrator = migrator_with(&database.url(), set, impatient());
    up(&migrator).await.unwrap();
    let other = database.connect().await.unwrap();
    // Not in the way of the look at the table's rows, but of its end.
    run(&other, "BEGIN; SELECT count(*) FROM pg_class WHERE oid = 'i'::regclass; LOCK TABLE ONLY t IN ACCESS SHARE MODE").await;
    let began = Instant::now();
    let busy = tokio::time::timeout(Duration::from_secs(10), crate::support::down(&migrator)).await;
    assert!(matches!(busy, Ok(Err(Error::Busy { .. }))), "{busy:?} after {:?}", began.elapsed());
    run(&other, "COMMIT").await;
    assert!(exists(&client, "i").await);
    assert_eq!(crate::support::down(&migrator).await.unwrap().reverted.len(), 1);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn down_waits_within_its_budget_too_and_leaves_everything_as_it_was() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let partner = migrator_with(
        &database.url(),
        partner(),
        Options { lock_budget: Duration::from_secs(1), ..impatient() },
    );
    up(&partner).await.unwrap();
    run(&client, "INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'a')").await;
    run(&client, "BEGIN; UPDATE dialog_360_clients SET client_id = 'b'").await;
    let busy = crate::support::down(&partner).await.unwrap_err();
    assert!(matches!(busy, Error::Busy { .. }), "{busy:?}");
    run(&client, "COMMIT").await;
    assert!(partner.status().await.unwrap().is_current());
    assert_verified(&partner).await;
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn the_tables_that_down_moves_are_waited_for_no_longer_than_one_lock() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int); CREATE TABLE b (id int);"),
        ("1-a.down.sql", "DROP TABLE a, b;"),
    ]);
    let one_attempt =
        Options { lock_timeout: Duration::from_secs(2), lock_budget: SLACK, ..impatient() };
    let migrator = migrator_with(&database.url(), set, one_attempt);
    up(&migrator).await.unwrap();
    let other = database.connect().await.unwrap();
    run(&client, "BEGIN; LOCK TABLE a").await;
    run(&other, "BEGIN; LOCK TABLE b").await;
    let release = async {
        tokio::time::sleep(Duration::from_millis(1300)).await;
        run(&client, "COMMIT").await;
    };
    let (busy, ()) = tokio::join!(crate::support::down(&migrator), release);
    let Err(Error::Busy { waited, .. }) = busy else { panic!("{busy:?}") };
    assert!(waited < Duration::from_secs(2) + SLACK, "{waited:?}");
    run(&other, "COMMIT").await;
    assert_nothing_left(&database).await;
}
