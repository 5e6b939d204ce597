//! The ledger in the schema `trunkline`: what is applied now, and everything that was ever done.

mod entry;
mod history;
mod write;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

pub use entry::Origin;
pub(crate) use entry::{Applied, Entry, State};
pub use history::HistoryEntry;
pub(crate) use history::{Note, list_acted_on, list_history, note, note_failure};
pub(crate) use write::{
    StepNote, advance_entry, delete_entry, insert_entry, prepare_insert, put_entry, update_checksum,
};

use crate::database::Target;
use crate::error::Error;
use crate::lock::WORK_KEY;

const SCHEMA: &str = include_str!("schema.sql");

/// What decides whether anything is pending, in one query; `None` when there is no ledger yet.
#[tracing::instrument(name = "db.migrations.list", level = "debug", skip_all)]
pub(crate) async fn list_applied(
    client: &Client,
    target: &Target,
) -> Result<Option<Vec<Applied>>, Error> {
    let rows = client
        .query_typed("SELECT name, source, state, checksum FROM trunkline.migrations", &[])
        .await;
    match rows {
        Ok(rows) => Ok(Some(rows.into_iter().map(Applied).collect())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Error::query("reading the ledger", target, &error)),
    }
}

/// The whole ledger with the SQL it keeps, in the order in which it was written.
#[tracing::instrument(name = "db.migrations.list", level = "debug", skip_all)]
pub(crate) async fn list_entries(client: &Client, target: &Target) -> Result<Vec<Entry>, Error> {
    // `sequence` orders entries of one transaction, which share a time.
    let rows = client
        .query_typed(
            "SELECT name, source, state, origin, checksum, raw_checksum, statements_done, up_sql, \
                    down_sql, applied_at \
             FROM trunkline.migrations \
             ORDER BY sequence",
            &[],
        )
        .await;
    match rows {
        Ok(rows) => Ok(rows.iter().map(Entry::from_row).collect()),
        Err(error) if is_missing(&error) => Ok(Vec::new()),
        Err(error) => Err(Error::query("reading the ledger", target, &error)),
    }
}

/// Makes the ledger where there is none; only under the run lock, because two at once would collide.
pub(crate) async fn create(client: &Client, target: &Target) -> Result<(), Error> {
    let present = client
        .query_typed_one(
            "SELECT to_regclass('trunkline.migrations') IS NOT NULL \
                AND to_regclass('trunkline.migration_history') IS NOT NULL \
                AND EXISTS (SELECT FROM pg_attribute \
                            WHERE attrelid = to_regclass('trunkline.migration_archives') \
                              AND attname = 'statements')",
            &[],
        )
        .await
        .map_err(|error| Error::query("looking for the ledger", target, &error))?;
    if present.get(0) {
        return Ok(());
    }
    // IF NOT EXISTS says so in a notice, which is of no use to anyone here. The work lock makes this wait
    // for the same statements, left running at the server by a runner that was killed.
    let sql = format!(
        "BEGIN; SET LOCAL client_min_messages = warning; \
         SELECT pg_advisory_xact_lock({WORK_KEY}); {SCHEMA}; COMMIT"
    );
    if let Err(error) = client.batch_execute(&sql).await {
        let _ = client.batch_execute("ROLLBACK").await;
        return Err(Error::query("creating the ledger", target, &error));
    }
    Ok(())
}

pub(crate) fn is_missing(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(code) if *code == SqlState::UNDEFINED_TABLE
        || *code == SqlState::INVALID_SCHEMA_NAME)
}
