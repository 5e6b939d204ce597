use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::database::Target;
use crate::error::Error;
use crate::source::Name;
use crate::who;

/// One thing the engine did, as the history keeps it.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryEntry {
    /// Grows with time.
    pub id: i64,
    /// Which migration.
    pub migration: Name,
    /// `up`, `down`, `adopt`, `repair` or `restore`.
    pub direction: String,
    /// `running`, `done` or `failed`.
    pub state: String,
    /// Which statement, for a no-transaction migration.
    pub statement: Option<i32>,
    /// Of how many.
    pub of: Option<i32>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The database role.
    pub db_user: String,
    /// The account of the operating system.
    pub os_user: String,
    /// The host.
    pub host: String,
    /// The engine's version.
    pub version: String,
    /// What went wrong, or why it was done.
    pub error: Option<String>,
}

/// What is written of one act.
pub(crate) struct Note<'a> {
    pub migration: &'a Name,
    pub direction: &'static str,
    pub state: &'static str,
    pub statement: Option<(usize, usize)>,
    pub checksum: Option<&'a str>,
    pub elapsed: Option<Duration>,
    pub error: Option<&'a str>,
}

impl<'a> Note<'a> {
    pub(crate) fn done(migration: &'a Name, direction: &'static str) -> Self {
        Self {
            migration,
            direction,
            state: "done",
            statement: None,
            checksum: None,
            elapsed: None,
            error: None,
        }
    }
}

/// Appends to the history, in the transaction that is open, if one is.
#[tracing::instrument(name = "db.migration_history.insert", level = "debug", skip_all)]
pub(crate) async fn note(client: &Client, note: &Note<'_>) -> Result<(), tokio_postgres::Error> {
    let (statement, of) = note
        .statement
        .map_or((None, None), |(number, of)| (i32::try_from(number).ok(), i32::try_from(of).ok()));
    let elapsed = note.elapsed.and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok());
    client
        .execute_typed(
            "INSERT INTO trunkline.migration_history \
                (migration, direction, state, statement, of, checksum, started_at, duration_ms, \
                 os_user, host, version, error) \
             VALUES ($1, $2, $3, $4, $5, $6, \
                     clock_timestamp() - coalesce($7, 0) * interval '1 millisecond', $7, \
                     $8, $9, $10, $11)",
            &[
                (&note.migration.as_str(), Type::TEXT),
                (&note.direction, Type::TEXT),
                (&note.state, Type::TEXT),
                (&statement, Type::INT4),
                (&of, Type::INT4),
                (&note.checksum, Type::TEXT),
                (&elapsed, Type::INT8),
                (&who::user(), Type::TEXT),
                (&who::host(), Type::TEXT),
                (&env!("CARGO_PKG_VERSION"), Type::TEXT),
                (&note.error, Type::TEXT),
            ],
        )
        .await
        .map(|_| ())
}

/// Appends a failure; a failure to write it must not hide the failure itself.
pub(crate) async fn note_failure(
    client: &Client,
    migration: &Name,
    direction: &'static str,
    statement: Option<(usize, usize)>,
    error: &Error,
) {
    let text = error.to_string();
    let failed =
        Note { state: "failed", statement, error: Some(&text), ..Note::done(migration, direction) };
    let _ = note(client, &failed).await;
}

/// Every migration that something was ever done with.
#[tracing::instrument(name = "db.migration_history.list_migrations", level = "debug", skip_all)]
pub(crate) async fn list_acted_on(client: &Client, target: &Target) -> Result<Vec<Name>, Error> {
    let rows = client
        .query_typed("SELECT DISTINCT migration FROM trunkline.migration_history", &[])
        .await
        .map_err(|error| Error::query("reading the history", target, &error))?;
    Ok(rows.iter().map(|row| Name::from_ledger(row.get(0))).collect())
}

/// The latest acts, newest first.
#[tracing::instrument(name = "db.migration_history.list", level = "debug", skip_all)]
pub(crate) async fn list_history(
    client: &Client,
    target: &Target,
    migration: Option<&Name>,
    limit: i64,
) -> Result<Vec<HistoryEntry>, Error> {
    let rows = client
        .query_typed(
            "SELECT id, migration, direction, state, statement, of, started_at, duration_ms, \
                    db_user, os_user, host, version, error \
             FROM trunkline.migration_history \
             WHERE $1::text IS NULL OR migration = $1 \
             ORDER BY id DESC \
             LIMIT $2",
            &[(&migration.map(Name::as_str), Type::TEXT), (&limit, Type::INT8)],
        )
        .await
        .map_err(|error| Error::query("reading the history", target, &error))?;
    let entry = |row: &tokio_postgres::Row| HistoryEntry {
        id: row.get(0),
        migration: Name::from_ledger(row.get(1)),
        direction: row.get(2),
        state: row.get(3),
        statement: row.get(4),
        of: row.get(5),
        started_at: row.get(6),
        duration_ms: row.get(7),
        db_user: row.get(8),
        os_user: row.get(9),
        host: row.get(10),
        version: row.get(11),
        error: row.get(12),
    };
    Ok(rows.iter().map(entry).collect())
}
