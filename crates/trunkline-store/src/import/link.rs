use std::fmt::Write;
use std::time::Duration;

use trunkline_core::legacy::LINK_KEY;
use trunkline_migrate::Interrupt;

use super::SOURCE;
use super::tables::{TABLES, Tables};
use crate::{Connection, Executor, Store, StoreError};

const BATCH: i64 = 1_000;

/// How often the rows that the platform has locked are come back to, and how long after.
const PASSES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// What linking did, or unlinking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linking {
    /// Rows written.
    pub written: u64,
    /// Rows that were as they should be.
    pub unchanged: u64,
    /// Rows whose key of ours holds something that we did not write; left alone.
    pub foreign: Vec<i64>,
    /// Rows whose `connection_data` is no object, so that there is no place for a key; left alone.
    pub no_object: Vec<i64>,
    /// Rows that the platform had locked the whole time.
    pub locked: Vec<i64>,
    /// It was asked to stop; what was written stands.
    pub is_interrupted: bool,
}

/// What stands under our key, of the record named `record`.
const LINK: &str = "jsonb_build_object('provider', record.provider, 'client', record.client_row, 'channel', record.channel_row)";

/// Whether what stands under our key of `source` is of our making: it has the form of a link, of whichever client and
/// channel, for the row may have been linked when it had others.
pub(super) fn is_link() -> String {
    let link = format!("(source.connection_data->'{LINK_KEY}')");
    format!(
        "CASE jsonb_typeof({link})
            WHEN 'object' THEN {link} - ARRAY['provider', 'client', 'channel'] = '{{}}'
                AND {link}->>'provider' IN ('360dialog', 'meta', 'twilio')
                AND jsonb_typeof({link}->'client') = 'number'
                AND jsonb_typeof({link}->'channel') = 'number'
            ELSE false
        END"
    )
}

/// Whether the channel of the record named `record` is still there; also false where there is no record, as for a row that
/// was copied with its link, or after a restore of older tables.
fn is_there() -> String {
    let mut arms = String::new();
    for Tables { provider, schema, channels, .. } in &TABLES {
        let _ = write!(
            arms,
            " WHEN '{provider}' THEN EXISTS (SELECT FROM {schema}.{channels} WHERE id = record.channel_row)"
        );
    }
    format!("coalesce(CASE record.provider{arms} END, FALSE)")
}

/// Writes the ids of client and channel into `connection_data`, under one key of ours; where the channel is gone, what
/// stands there goes too.
pub async fn link_rows(
    store: &Store,
    company: Option<i32>,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Linking, StoreError> {
    let is_there = is_there();
    let change = format!(
        "CASE WHEN {is_there} THEN source.connection_data || jsonb_build_object('{LINK_KEY}', {LINK})
            ELSE source.connection_data - '{LINK_KEY}' END"
    );
    change_rows(store, company, interrupt, progress, &change, false).await
}

/// Takes out what [`link_rows`] wrote, and nothing else.
pub async fn unlink_rows(
    store: &Store,
    company: Option<i32>,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Linking, StoreError> {
    let change = format!("source.connection_data - '{LINK_KEY}'");
    change_rows(store, company, interrupt, progress, &change, true).await
}

async fn change_rows(
    store: &Store,
    company: Option<i32>,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(u64) + Send),
    change: &str,
    linked: bool,
) -> Result<Linking, StoreError> {
    let mut connection = store.connection().await?;
    let mut linking = Linking::default();
    for pass in 0..PASSES {
        // Only what the first pass found as it should be was so before.
        let Linking { written, unchanged, .. } = linking;
        linking = Linking { written, ..Linking::default() };
        let mut after = i64::MIN;
        loop {
            linking.is_interrupted = interrupt.is_requested();
            if linking.is_interrupted {
                return Ok(linking);
            }
            let states = states(connection.executor(), company, after).await?;
            let Some((last, _)) = states.last() else { break };
            after = *last;
            let rows = linking.sort(&states, linked);
            linking.write(&mut connection, &rows, change).await?;
            progress(linking.written);
        }
        if pass > 0 {
            linking.unchanged = unchanged;
        }
        if linking.locked.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE * pass).await;
    }
    Ok(linking)
}

/// How `connection_data` of an imported row stands to our key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Linked,
    /// To a client and a channel that the row had before, or that are gone.
    Stale,
    Free,
    /// Nothing stands there, and the channel is gone.
    Gone,
    Foreign,
    NoObject,
}

async fn states(
    executor: Executor<'_>,
    company: Option<i32>,
    after: i64,
) -> Result<Vec<(i64, State)>, StoreError> {
    let (is_link, is_there) = (is_link(), is_there());
    let query = format!(
        "SELECT source.id::BIGINT,
            CASE
                WHEN jsonb_typeof(source.connection_data) IS DISTINCT FROM 'object' THEN 'no_object'
                WHEN source.connection_data->'{LINK_KEY}' IS NULL THEN CASE WHEN {is_there} THEN 'free' ELSE 'gone' END
                WHEN source.connection_data->'{LINK_KEY}' = {LINK} AND {is_there} THEN 'linked'
                WHEN {is_link} THEN 'stale'
                ELSE 'foreign'
            END
        FROM public.channel_connections AS source
        -- One look into an index for each row: joined, all records would be read for each batch.
        LEFT JOIN LATERAL (
            SELECT *
            FROM trunkline.import_sources
            WHERE import_sources.source = '{SOURCE}' AND source_row = source.id
            OFFSET 0
        ) AS record ON TRUE
        WHERE source.id > $1::BIGINT
            AND (record.source_row IS NOT NULL OR source.connection_data->'{LINK_KEY}' IS NOT NULL)
            AND ($2::INTEGER IS NULL OR coalesce(record.company_id, source.company_id) = $2)
        ORDER BY source.id
        LIMIT {BATCH}"
    );
    let rows = executor.rows("look at connection_data", &query, &[&after, &company]).await?;
    let state = |word: &str| match word {
        "linked" => State::Linked,
        "stale" => State::Stale,
        "free" => State::Free,
        "gone" => State::Gone,
        "foreign" => State::Foreign,
        _ => State::NoObject,
    };
    Ok(rows.iter().map(|row| (row.get(0), state(row.get(1)))).collect())
}

impl Linking {
    /// Counts the rows of a batch, and gives those that must be written.
    fn sort(&mut self, states: &[(i64, State)], linked: bool) -> Vec<i64> {
        let mut rows = Vec::new();
        for (row, state) in states {
            match state {
                State::Stale => rows.push(*row),
                State::Linked if linked => rows.push(*row),
                State::Free if !linked => rows.push(*row),
                State::Linked | State::Free | State::Gone => self.unchanged += 1,
                State::Foreign => self.foreign.push(*row),
                State::NoObject if linked => self.unchanged += 1,
                State::NoObject => self.no_object.push(*row),
            }
        }
        rows
    }

    /// Rows that the platform has locked are passed over: it is not held up, and neither are we.
    async fn write(
        &mut self,
        connection: &mut Connection,
        rows: &[i64],
        change: &str,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let query = format!(
            "WITH free AS (
                SELECT id
                FROM public.channel_connections
                WHERE id = ANY ($1::BIGINT[]) AND jsonb_typeof(connection_data) = 'object'
                ORDER BY id
                FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE public.channel_connections AS source
            SET connection_data = {change}
            FROM free
            LEFT JOIN trunkline.import_sources AS record
                ON record.source = '{SOURCE}' AND record.source_row = free.id
            WHERE source.id = free.id
            RETURNING source.id::BIGINT"
        );
        let written = connection.executor().rows("write connection_data", &query, &[&rows]).await?;
        let written: std::collections::HashSet<i64> =
            written.iter().map(|row| row.get(0)).collect();
        self.written += written.len() as u64;
        self.locked.extend(rows.iter().filter(|row| !written.contains(row)));
        Ok(())
    }
}
