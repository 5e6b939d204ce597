//! What the tests share: databases, sets of migrations, an observer that writes down, and the
//! assertion that nothing is left locked.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use trunkline_migrate::catalog::{Check, Outcome};
use trunkline_migrate::source::Source;
use trunkline_migrate::{
    DownReport, DownRequest, Error, Event, Migrator, Observer, Options, Silent, Target, UpReport,
    UpRequest,
};
use trunkline_postgres::sample::{self, SampleOptions};
use trunkline_postgres::testing::TestDatabase;

/// The five tables that the Partner API set makes, parents first.
pub(crate) const PARTNER_TABLES: [&str; 5] = [
    "partner_configurations",
    "dialog_360_clients",
    "dialog_360_channels",
    "meta_whatsapp_clients",
    "meta_whatsapp_phone_numbers",
];

pub(crate) async fn empty() -> TestDatabase {
    TestDatabase::empty().await.unwrap()
}

/// A database with the platform's tables and twenty companies.
pub(crate) async fn platform() -> TestDatabase {
    let build = async |url: String| {
        let client = Target::parse(&url)?.client().await?;
        let options = SampleOptions { companies: 20, ..SampleOptions::default() };
        sample::create(&client, &options, |_| {}).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    TestDatabase::from_template("platform", build).await.unwrap()
}

/// The folder of the Partner API set.
pub(crate) fn partner_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations"))
}

pub(crate) fn partner() -> Source {
    Source::directory(partner_folder()).unwrap()
}

/// A set of the given files; every name is whole, with `.sql`.
pub(crate) fn source(files: &[(&str, &str)]) -> Source {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Source::embedded("test", &files).unwrap()
}

/// The same as a folder, for processes of their own.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

pub(crate) fn migrator(database: &TestDatabase, source: Source) -> Migrator {
    migrator_with(&database.url(), source, Options::default())
}

pub(crate) fn migrator_with(url: &str, source: Source, options: Options) -> Migrator {
    Migrator::new(source, Target::parse(url).unwrap(), options)
}

/// Short waits, so that a test of waiting is quick.
pub(crate) fn impatient() -> Options {
    Options {
        lock_timeout: Duration::from_millis(200),
        lock_budget: Duration::from_secs(1),
        patience: Duration::from_millis(600),
        ..Options::default()
    }
}

pub(crate) async fn up(migrator: &Migrator) -> Result<UpReport, Error> {
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await
}

pub(crate) async fn down(migrator: &Migrator) -> Result<DownReport, Error> {
    migrator.down(&DownRequest::default(), Arc::new(Silent)).await
}

/// Runs `up` in a task of its own, so that a test can do something meanwhile.
pub(crate) fn background(
    migrator: &Migrator,
    observer: Arc<dyn Observer>,
) -> JoinHandle<Result<UpReport, Error>> {
    let migrator = migrator.clone();
    tokio::spawn(async move { migrator.up(&UpRequest::default(), observer).await })
}

/// The names that a report says were applied.
pub(crate) fn applied(report: &UpReport) -> Vec<&str> {
    report.applied.iter().map(|done| done.migration.as_str()).collect()
}

/// Runs a set as another runner would: a file at once, one that needs no transaction by its statements.
pub(crate) async fn run_by_hand(client: &Client, source: &Source) {
    for migration in source.migrations() {
        let text = &migration.up.text;
        if migration.up.directives.no_transaction {
            for statement in migration.up.body().unwrap() {
                run(client, &text[statement.range.clone()]).await;
            }
        } else {
            run(client, text).await;
        }
    }
}

pub(crate) async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{error:?}\n{sql}");
    }
}

pub(crate) async fn flag(client: &Client, sql: &str) -> bool {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

pub(crate) async fn count(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// The first column of every row.
pub(crate) async fn texts(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

pub(crate) async fn exists(client: &Client, relation: &str) -> bool {
    flag(client, &format!("SELECT to_regclass('{relation}') IS NOT NULL")).await
}

/// Every row of a table as JSON, columns by name, so that two shapes of one table can be compared.
pub(crate) async fn rows(client: &Client, table: &str) -> Vec<String> {
    texts(client, &format!("SELECT to_jsonb(t)::text FROM {table} AS t ORDER BY 1")).await
}

/// What is not as it should be, one line each.
pub(crate) fn told(checks: &[Check], outcomes: &[Outcome]) -> Vec<String> {
    checks
        .iter()
        .filter(|check| outcomes.contains(&check.result))
        .map(|check| format!("{} {} {}", check.result, check.kind, check.object))
        .collect()
}

/// Fails unless the database is what the set makes.
pub(crate) async fn assert_verified(migrator: &Migrator) {
    let checks = migrator.verify(None).await.unwrap();
    assert!(!checks.is_empty());
    let wrong: Vec<&Check> = checks.iter().filter(|check| check.result.is_error()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Fails if an advisory lock, a transaction of a runner or an INVALID index is left behind.
///
/// A connection that is dropped tells the server in its own time, so the end is waited for.
pub(crate) async fn assert_nothing_left(database: &TestDatabase) {
    let client = database.connect().await.unwrap();
    let query = "SELECT 'advisory lock ' || objid || ' of ' || pid FROM pg_locks \
                 WHERE locktype = 'advisory' \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                 UNION ALL \
                 SELECT application_name || ', ' || state || ': ' || query FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name LIKE 'trunkline-migrate%' \
                   AND xact_start IS NOT NULL";
    let began = Instant::now();
    loop {
        let left = texts(&client, query).await;
        if left.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "left behind: {left:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(invalid_indexes(&client).await, [""; 0]);
}

pub(crate) async fn invalid_indexes(client: &Client) -> Vec<String> {
    let query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
    texts(client, query).await
}

/// Waits until `query` says true.
pub(crate) async fn until(client: &Client, query: &str) {
    let began = Instant::now();
    while !flag(client, query).await {
        assert!(began.elapsed() < Duration::from_secs(20), "never true: {query}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A failure as a person sees it: kind, exit status, sentence, the line of SQL, hint.
pub(crate) fn failure(error: &Error) -> String {
    let mut text = format!("{} ({})\n{error}\n", error.kind(), error.exit_status() as u8);
    if let Error::Statement(failure) = error {
        let _ = writeln!(text, "| {}", failure.line);
        let marks = "^".repeat(failure.width);
        let _ = writeln!(text, "| {:>1$}", marks, failure.position.column - 1 + failure.width);
        for (label, said) in [
            ("detail", &failure.detail),
            ("hint of PostgreSQL", &failure.hint),
            ("context", &failure.context),
        ] {
            if let Some(said) = said {
                let _ = writeln!(text, "{label}: {said}");
            }
        }
        let _ = writeln!(text, "left: {}", failure.left);
    }
    if let Some(hint) = error.hint() {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

/// `text` with the parts that differ from run to run replaced.
pub(crate) fn redacted(text: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(text.to_owned(), |text, (part, word)| text.replace(part, word))
}

/// Every run of digits behind `before` becomes `N`.
pub(crate) fn without_number(text: &str, before: &str) -> String {
    let mut pieces = text.split(before);
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        result.push_str(before);
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        result.push_str(if rest.len() == piece.len() { "" } else { "N" });
        result.push_str(rest);
    }
    result
}

/// An observer that writes down what it hears.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap()
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.lines().iter().any(|line| line.contains(part))
    }
}

impl Observer for Heard {
    fn event(&self, event: &Event<'_>) {
        self.lines().push(line(event));
    }
}

/// An event as one line.
pub(crate) fn line(event: &Event<'_>) -> String {
    match event {
        Event::Started { migration, direction } => format!("started {migration} {direction:?}"),
        Event::Statement { migration, number, of, position, .. } => {
            format!("statement {migration} {number}/{of} at {position}")
        }
        Event::StatementDone { migration, number, .. } => format!("done {migration} {number}"),
        Event::Notice { severity, message, .. } => format!("{severity}: {message}"),
        Event::Finished { migration, direction, .. } => {
            format!("finished {migration} {direction:?}")
        }
        Event::Adopted { migration } => format!("adopted {migration}"),
        Event::WaitingForRunner { runner, .. } => format!("waiting for runner {runner}"),
        Event::WaitingForLock { blockers } => {
            let blockers: Vec<String> = blockers.iter().map(ToString::to_string).collect();
            format!("waiting for lock of {}", blockers.join("; "))
        }
        Event::Retrying { migration, attempt, .. } => format!("retrying {migration} {attempt}"),
        Event::IndexProgress { phase, .. } => format!("index {phase}"),
        Event::Warning { message } => format!("warning: {message}"),
    }
}
