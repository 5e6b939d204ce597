use std::collections::HashSet;

use serde::Serialize;
use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::LINK_KEY;
use trunkline_migrate::Interrupt;

use super::SOURCE;
use super::link::is_link;
use super::lookup::{Stored, channels_where};
use super::patience::Patience;
use super::platform::Record;
use super::tables::{TABLES, Tables};
use super::undo_clients::undo_clients;
use crate::database::Parameters;
use crate::row::words;
use crate::{Connection, Executor, Store, StoreError};

const BATCH: i64 = 1_000;

/// Which part of an import is taken back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Undoing<'a> {
    /// The name of the source; see [`Platform::source`](super::Platform::source).
    pub source: &'a str,
    /// Only this company's rows.
    pub company: Option<i32>,
    /// Only what this run wrote last.
    pub run: Option<i32>,
    /// Only what was imported from this row.
    pub row: Option<i64>,
    /// What becomes of what somebody changed since.
    pub changed: Changed,
}

/// What becomes of what was changed since it was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changed {
    /// It stays, and is listed.
    #[default]
    Keep,
    /// It stays and stands by itself: it is recorded no longer, and its row is a new one.
    Forget,
    /// It goes too.
    Delete,
}

impl Undoing<'_> {
    /// Locks the next records after this row for which the condition holds, and gives these columns of them.
    pub(super) async fn lock_next(
        self,
        executor: Executor<'_>,
        tables: &Tables,
        columns: &str,
        condition: &str,
        after: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let query = format!(
            "SELECT {columns}
            FROM trunkline.import_sources
            WHERE source = $5 AND {condition} AND source_row > $1 AND provider = $2
                AND ($3::INTEGER IS NULL OR company_id = $3)
                AND ($4::INTEGER IS NULL OR run_id = $4)
                AND ($6::BIGINT IS NULL OR source_row = $6)
            ORDER BY source_row
            LIMIT {BATCH}
            FOR UPDATE"
        );
        let Undoing { source, company, run, row, .. } = self;
        let provider = tables.provider.as_str();
        let parameters: Parameters<'_> = &[&after, &provider, &company, &run, &source, &row];
        executor.rows("read what was imported", &query, parameters).await
    }
}

/// What was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// Channels deleted.
    pub channels: u64,
    /// Clients deleted.
    pub clients: u64,
    /// Rows of which only the record was deleted: the channel was there before the import, or is gone.
    pub forgotten: u64,
    /// What was not deleted.
    pub kept: Vec<Kept>,
    /// It was asked to stop; what was deleted is deleted.
    pub is_interrupted: bool,
}

/// Something of an import that was not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The row of `channel_connections`.
    pub source_row: i64,
    /// Whose tables.
    pub provider: Provider,
    /// The row of the channel, or of the client for the reasons that speak of one.
    pub row: i32,
    /// Why.
    pub reason: KeptReason,
}

words! {
    /// Why something was kept.
    KeptReason {
        /// The channel was changed since.
        ChannelChanged = "channel_changed",
        /// The client was changed since.
        ClientChanged = "client_changed",
        /// The client has channels that stay.
        ClientInUse = "client_in_use",
    }
}

/// What is deleted; clients go when no channel is left in them.
#[derive(Clone, Copy)]
enum Part {
    Channels,
    Clients,
}

/// A record, and its row.
struct Recorded {
    source_row: i64,
    record: Record,
}

/// What becomes of the records of a batch.
#[derive(Default)]
struct Sorted {
    /// Channels to delete, each behind the row whose record goes with it.
    channels: Vec<(i64, i32)>,
    /// Records whose channel is not ours to delete.
    forgotten: Vec<i64>,
    /// Records whose channel stays, by itself or for another row; they go whatever they made.
    released: Vec<i64>,
    kept: Vec<Kept>,
}

/// Deletes the channels and clients that an import made and nobody changed since, with their links.
///
/// What is kept stays recorded, so it is listed again.
pub async fn undo(
    store: &Store,
    undoing: Undoing<'_>,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(&UndoReport) + Send),
) -> Result<UndoReport, StoreError> {
    let mut connection = store.connection().await?;
    let mut report = UndoReport::default();
    for tables in &TABLES {
        for part in [Part::Channels, Part::Clients] {
            let (mut after, mut patience) = (i64::MIN, Patience::default());
            loop {
                report.is_interrupted = interrupt.is_requested();
                if report.is_interrupted {
                    return Ok(report);
                }
                match undo_batch(&mut connection, tables, part, undoing, after, &mut report).await {
                    Ok(Some(last)) => {
                        (after, patience) = (last, Patience::default());
                        progress(&report);
                    }
                    Ok(None) => break,
                    Err(error) => patience.rest(error, interrupt).await?,
                }
            }
        }
    }
    Ok(report)
}

/// One transaction; gives the last row that was looked at.
async fn undo_batch(
    connection: &mut Connection,
    tables: &Tables,
    part: Part,
    undoing: Undoing<'_>,
    after: i64,
    report: &mut UndoReport,
) -> Result<Option<i64>, StoreError> {
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    Patience::limit_waits(executor).await?;
    let mut undone = UndoReport::default();
    let last = match part {
        Part::Channels => undo_channels(executor, tables, undoing, after, &mut undone).await?,
        Part::Clients => undo_clients(executor, tables, undoing, after, &mut undone).await?,
    };
    transaction.commit().await?;
    report.channels += undone.channels;
    report.clients += undone.clients;
    report.forgotten += undone.forgotten;
    report.kept.append(&mut undone.kept);
    Ok(last)
}

async fn undo_channels(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    after: i64,
    report: &mut UndoReport,
) -> Result<Option<i64>, StoreError> {
    let records = lock_records(executor, tables, undoing, after).await?;
    let Some(last) = records.last().map(|recorded| recorded.source_row) else { return Ok(None) };
    let rows: Vec<i32> = records.iter().map(|recorded| recorded.record.channel_row).collect();
    let stored = channels_where(executor, tables, &[], &rows, "FOR UPDATE OF channel").await?;
    let mut sorted = sort(tables, &records, &stored, undoing.changed);
    hand_over(executor, tables, undoing, &mut sorted).await?;
    if undoing.changed == Changed::Forget {
        sorted.released.extend(sorted.kept.drain(..).map(|kept| kept.source_row));
    }
    let (deleted, channels): (Vec<i64>, Vec<i32>) = sorted.channels.iter().copied().unzip();
    if undoing.source == SOURCE {
        unlink(executor, &deleted).await?;
        unlink(executor, &sorted.forgotten).await?;
        unlink(executor, &sorted.released).await?;
    }
    delete_channels(executor, tables, &channels).await?;
    forget(executor, undoing.source, &deleted).await?;
    forget(executor, undoing.source, &sorted.forgotten).await?;
    release(executor, undoing.source, &sorted.released).await?;
    report.channels = channels.len() as u64;
    report.forgotten = (sorted.forgotten.len() + sorted.released.len()) as u64;
    report.kept = sorted.kept;
    Ok(Some(last))
}

async fn lock_records(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    after: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let columns =
        "source_row, client_row, channel_row, made_client, made_channel, was_active, checksum,
            secret_fingerprint, provider, imported_at";
    let rows = undoing.lock_next(executor, tables, columns, "true", after).await?;
    let recorded =
        |row: &Row| Some(Recorded { source_row: row.get(0), record: Record::of(row, 1)? });
    Ok(rows.iter().filter_map(recorded).collect())
}

fn sort(tables: &Tables, records: &[Recorded], stored: &[Stored], changed: Changed) -> Sorted {
    let mut sorted = Sorted::default();
    for Recorded { source_row, record } in records {
        let stored = stored.iter().find(|stored| stored.row == record.channel_row);
        match stored {
            Some(stored) if record.made_channel => {
                if changed == Changed::Delete || is_as_imported(tables, record, stored) {
                    sorted.channels.push((*source_row, stored.row));
                } else {
                    let reason = KeptReason::ChannelChanged;
                    let (source_row, provider) = (*source_row, tables.provider);
                    sorted.kept.push(Kept { source_row, provider, row: stored.row, reason });
                }
            }
            _ => sorted.forgotten.push(*source_row),
        }
    }
    sorted
}

/// Whether nobody changed the channel since. That `keys rotate` sealed its secret anew is no change.
fn is_as_imported(tables: &Tables, record: &Record, stored: &Stored) -> bool {
    stored.updated_at == record.imported_at
        && stored.is_untouched
        && stored.facts.checksum() == record.checksum
        && stored.status == tables.status(record.was_active)
        && stored.secret.is_some() == record.fingerprint.is_some()
}

/// Of channels that would be deleted, those that a row has which is not taken back now are that row's from now on.
async fn hand_over(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    sorted: &mut Sorted,
) -> Result<(), StoreError> {
    let Undoing { source, company, run, row, .. } = undoing;
    if sorted.channels.is_empty() || (company.is_none() && run.is_none() && row.is_none()) {
        return Ok(());
    }
    // A row that is gone inherits nothing.
    let is_there = if source == SOURCE {
        "AND EXISTS (SELECT FROM public.channel_connections AS row WHERE row.id = import_sources.source_row)"
    } else {
        ""
    };
    let query = format!(
        "UPDATE trunkline.import_sources AS heir
        SET made_channel = TRUE,
            made_client = heir.made_client OR (maker.made_client AND maker.client_row = heir.client_row),
            -- What stands in the channel came of the other row; the next run brings this one's word.
            checksum = maker.checksum,
            secret_fingerprint = maker.secret_fingerprint,
            was_active = maker.was_active,
            imported_at = maker.imported_at
        FROM trunkline.import_sources AS maker, (
            SELECT channel_row, min(source_row) AS source_row
            FROM trunkline.import_sources
            WHERE source = $1 AND provider = $2 AND channel_row = ANY ($3) AND NOT made_channel
                AND NOT (($4::INTEGER IS NULL OR company_id = $4)
                    AND ($5::INTEGER IS NULL OR run_id = $5)
                    AND ($6::BIGINT IS NULL OR source_row = $6))
                {is_there}
            GROUP BY channel_row
        ) AS first
        WHERE heir.source = $1 AND heir.source_row = first.source_row
            AND maker.source = $1 AND maker.provider = $2 AND maker.channel_row = first.channel_row AND maker.made_channel
        RETURNING heir.channel_row"
    );
    let channels: Vec<i32> = sorted.channels.iter().map(|(_, channel)| *channel).collect();
    let provider = tables.provider.as_str();
    let parameters: Parameters<'_> = &[&source, &provider, &channels, &company, &run, &row];
    let handed = executor.rows("hand channels over to other rows", &query, parameters).await?;
    let handed: HashSet<i32> = handed.iter().map(|row| row.get(0)).collect();
    let is_left = |(_, channel): &(i64, i32)| handed.contains(channel);
    sorted.released.extend(sorted.channels.iter().filter(|it| is_left(it)).map(|(row, _)| *row));
    sorted.channels.retain(|it| !is_left(it));
    Ok(())
}

async fn unlink(executor: Executor<'_>, rows: &[i64]) -> Result<(), StoreError> {
    let is_link = is_link();
    let query = format!(
        "UPDATE public.channel_connections AS source
        SET connection_data = source.connection_data - '{LINK_KEY}'
        FROM trunkline.import_sources AS record
        WHERE record.source = '{SOURCE}' AND record.source_row = ANY ($1) AND source.id = record.source_row
            AND jsonb_typeof(source.connection_data) = 'object'
            AND {is_link}"
    );
    executor.execute("unlink connections", &query, &[&rows]).await?;
    Ok(())
}

async fn delete_channels(
    executor: Executor<'_>,
    tables: &Tables,
    rows: &[i32],
) -> Result<(), StoreError> {
    let Tables { schema, channels, .. } = tables;
    let query = format!("DELETE FROM {schema}.{channels} WHERE id = ANY ($1)");
    executor.execute("delete channels", &query, &[&rows]).await?;
    Ok(())
}

/// Deletes records; one that made its client stays until that is gone.
async fn forget(executor: Executor<'_>, source: &str, rows: &[i64]) -> Result<(), StoreError> {
    let query = "
        DELETE FROM trunkline.import_sources
        WHERE source = $2 AND source_row = ANY ($1) AND NOT made_client";
    executor.execute("forget what was imported", query, &[&rows, &source]).await?;
    Ok(())
}

/// Deletes records whatever they made.
async fn release(executor: Executor<'_>, source: &str, rows: &[i64]) -> Result<(), StoreError> {
    let query = "
        DELETE FROM trunkline.import_sources
        WHERE source = $2 AND source_row = ANY ($1)";
    executor.execute("forget what stays", query, &[&rows, &source]).await?;
    Ok(())
}
