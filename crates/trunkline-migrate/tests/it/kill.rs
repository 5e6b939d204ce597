//! A runner that is killed, at any point: the next one completes what it began.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::Client;
use trunkline_migrate::source::Source;
use trunkline_migrate::{Migrator, Silent};
use trunkline_postgres::testing::TestDatabase;

use crate::child;
use crate::support::{
    assert_nothing_left, background, count, empty, exists, folder, invalid_indexes, migrator, run,
    told, until, up,
};

/// Statements that may run once only, in and out of transactions, between concurrent indexes.
const SET: &[(&str, &str)] = &[
    (
        "1-tables.sql",
        "CREATE TABLE t (id int, n int);\nINSERT INTO t SELECT i, i FROM generate_series(1, 3000) i;\n\
         CREATE TABLE once (step text);\nINSERT INTO once VALUES ('1');",
    ),
    (
        "2-index.sql",
        "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);\n\
         INSERT INTO once VALUES ('2a');\nALTER TABLE t ADD COLUMN c text DEFAULT 'x';\n\
         CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);\nINSERT INTO once VALUES ('2b');",
    ),
    (
        "3-more.sql",
        "INSERT INTO once VALUES ('3');\nSELECT pg_sleep(0.02);\nALTER TABLE once ADD COLUMN at timestamptz;\n\
         CREATE INDEX t_c ON t (c);",
    ),
    ("4-last.sql", "-- trunkline: no-transaction\nVACUUM t;\nINSERT INTO once VALUES ('4');"),
];

/// What a round is killed by: a line of the child's, or time.
enum Moment {
    Line(usize),
    After(Duration),
}

/// Rounds of a runner that is killed, on one database that is emptied between them.
struct Rounds {
    database: TestDatabase,
    client: Client,
    folder: tempfile::TempDir,
    migrator: Migrator,
    expected: String,
}

impl Rounds {
    async fn new() -> Self {
        let database = empty().await;
        let folder = folder(SET);
        let migrator = migrator(&database, Source::directory(folder.path()).unwrap());
        let expected = migrator.record().await.unwrap().to_json().unwrap();
        Self { client: database.connect().await.unwrap(), database, folder, migrator, expected }
    }

    /// Runs, kills, runs again and looks; whether the kill came before the end.
    async fn round(&self, moment: Moment) -> bool {
        run(
            &self.client,
            "DROP SCHEMA IF EXISTS trunkline CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        )
        .await;
        let killed = kill_at(&self.database.url(), self.folder.path(), &moment);
        up(&self.migrator).await.unwrap();
        assert_nothing_left(&self.database).await;
        let checks = self.migrator.verify(Some(&self.expected)).await.unwrap();
        let wrong = told(
            &checks,
            &[
                trunkline_migrate::catalog::Outcome::Missing,
                trunkline_migrate::catalog::Outcome::Different,
                trunkline_migrate::catalog::Outcome::Extra,
            ],
        );
        assert_eq!(wrong, [""; 0]);
        let once = crate::support::texts(&self.client, "SELECT step FROM once ORDER BY 1").await;
        assert_eq!(once, ["1", "2a", "2b", "3", "4"]);
        assert_eq!(count(&self.client, "SELECT count(*) FROM t").await, 3000);
        assert!(self.migrator.status().await.unwrap().is_current());
        killed
    }
}

/// Starts a runner and kills it; false when it was done before.
fn kill_at(url: &str, folder: &Path, moment: &Moment) -> bool {
    let mut child = child::spawn(url, folder);
    match *moment {
        Moment::After(delay) => std::thread::sleep(delay),
        Moment::Line(number) => {
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // Those of the test harness come before ours.
            let ours = |line: &String| {
                ["statement ", "done ", "started ", "finished "]
                    .iter()
                    .any(|word| line.contains(word))
            };
            lines.map_while(Result::ok).filter(ours).nth(number);
        }
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[tokio::test]
async fn killed_at_each_event_the_next_run_completes() {
    let rounds = Rounds::new().await;
    let mut number = 0;
    while rounds.round(Moment::Line(number)).await {
        number += 1;
    }
    assert!(number >= 25, "every event of the run was one to be killed at, not {number}");
}

/// Fifty moments of a run; they are spread evenly, and the machine makes them random.
#[tokio::test]
async fn killed_at_any_moment_the_next_run_completes() {
    let rounds = Rounds::new().await;
    let began = Instant::now();
    assert!(!kill_at(&rounds.database.url(), rounds.folder.path(), &Moment::Line(usize::MAX)));
    let whole = began.elapsed();
    let mut killed = 0;
    for round in 1..=50_u32 {
        killed += u32::from(rounds.round(Moment::After(whole * round / 50)).await);
    }
    assert!(killed >= 20, "{killed} of 50 rounds were killed before their end");
}

#[tokio::test]
async fn killed_while_an_index_is_built_concurrently_the_next_run_waits_and_rebuilds_it() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 1000)").await;
    let folder = folder(&[(
        "1-i.sql",
        "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
    )]);
    // The build waits for this transaction, with its index INVALID.
    let blocker = database.connect().await.unwrap();
    run(&blocker, "BEGIN; UPDATE t SET id = id WHERE id = 1").await;
    let mut child = child::spawn(&database.url(), folder.path());
    until(&client, "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)").await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(exists(&client, "trunkline.migrations").await);

    let migrator = migrator(&database, Source::directory(folder.path()).unwrap());
    let running = background(&migrator, Arc::new(Silent));
    tokio::time::sleep(Duration::from_millis(300)).await;
    run(&blocker, "COMMIT").await;
    running.await.unwrap().unwrap();
    assert_eq!(invalid_indexes(&client).await, [""; 0]);
    assert!(exists(&client, "t_id").await);
    assert!(migrator.status().await.unwrap().is_current());
    assert_nothing_left(&database).await;
}
