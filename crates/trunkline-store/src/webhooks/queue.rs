use jiff::Timestamp;
use jiff::civil::Date;
use trunkline_core::events::Source;

use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError};

/// What waits in a lane, with what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its row in the inbox.
    pub inbox_id: i64,
    /// The day of that row.
    pub day: Date,
    /// The partner account that it came to.
    pub account_id: i32,
    /// Which stream.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// All of its lanes.
    pub lanes: Vec<u8>,
    /// How often it was tried before.
    pub attempts: i32,
    /// As it came.
    pub body: Vec<u8>,
}

/// A batch holds no more bytes than this, unless one body alone does.
pub const MOST_BYTES: i64 = 8 * 1024 * 1024;

/// Takes a lane until the transaction ends; `false`: somebody else works on it.
///
/// From here on PostgreSQL reads no table as a whole. What is asked in a batch is found by an index, and the plans
/// are kept: one that was made while a table or a new partition was empty would still read all of it when it is not.
/// Nor does it start workers of its own: the lanes are worked on side by side already. And it does not wait long for
/// whoever died with the lane, host and all.
pub async fn lock_lane(executor: Executor<'_>, lane: u8) -> Result<bool, StoreError> {
    let query = "
        SELECT pg_try_advisory_xact_lock(hashtext('trunkline webhook lanes'), $1) AS is_ours,
            set_config('enable_seqscan', 'off', TRUE),
            set_config('max_parallel_workers_per_gather', '0', TRUE),
            set_config('idle_in_transaction_session_timeout', '30s', TRUE)";
    let row = executor.row("take a lane", query, &[&i32::from(lane)]).await?;
    Ok(row.is_some_and(|row| row.get("is_ours")))
}

/// What waits in a lane and is due, in the order in which it came.
///
/// Ask after the lane was taken, not in the same statement: what it sees must include what whoever had
/// the lane before has done.
pub async fn list_due(
    executor: Executor<'_>,
    lane: u8,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    // The number stands in the statement: PostgreSQL takes a tenth of the lane for a limit that it does not know, and
    // would rather read and sort all of it.
    let query = format!(
        "
        SELECT inbox_id, day, account_id, source, received_at, lanes, attempts, body
        FROM (
            SELECT queue.inbox_id, queue.attempts, inbox.*,
                sum(octet_length(inbox.body)) OVER (ORDER BY queue.inbox_id) - octet_length(inbox.body) AS before
            FROM (
                SELECT inbox_id, inbox_day, attempts
                FROM trunkline.webhook_queue
                WHERE lane = $1 AND (due_at IS NULL OR due_at <= $2)
                ORDER BY inbox_id
                LIMIT {limit}
            ) AS queue
            JOIN trunkline.webhook_inbox AS inbox ON inbox.id = queue.inbox_id AND inbox.day = queue.inbox_day
        ) AS claimed
        WHERE before < $3
        ORDER BY inbox_id"
    );
    let parameters: Parameters<'_> = &[&i16::from(lane), &now, &MOST_BYTES];
    let rows = executor.rows("look for webhooks to work on", &query, parameters).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Claimed {
            inbox_id: row.get("inbox_id"),
            day: row.get("day"),
            account_id: row.get("account_id"),
            source: word(row, "source")?,
            received_at: row.get("received_at"),
            lanes: row.get("lanes"),
            attempts: row.get("attempts"),
            body: row.get("body"),
        })
    };
    rows.iter().map(read).collect()
}

/// Takes out what is due next in a lane and is no longer in the inbox, as after its day was dropped while it was put here;
/// says how much.
pub async fn delete_orphans(
    executor: Executor<'_>,
    lane: u8,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let query = format!(
        "DELETE FROM trunkline.webhook_queue AS queue
        USING (
            SELECT inbox_id, inbox_day
            FROM trunkline.webhook_queue
            WHERE lane = $1 AND (due_at IS NULL OR due_at <= $2)
            ORDER BY inbox_id
            LIMIT {limit}
        ) AS next
        WHERE queue.lane = $1 AND queue.inbox_id = next.inbox_id
            AND NOT EXISTS (
                SELECT
                FROM trunkline.webhook_inbox AS inbox
                WHERE inbox.id = next.inbox_id AND inbox.day = next.inbox_day
            )"
    );
    executor.execute("take out what is no longer there", &query, &[&i16::from(lane), &now]).await
}

/// Takes what was worked on out of a lane.
pub async fn delete_from_queue(
    executor: Executor<'_>,
    lane: u8,
    inbox_ids: &[i64],
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.webhook_queue
        WHERE lane = $1 AND inbox_id = ANY ($2)";
    let parameters: Parameters<'_> = &[&i16::from(lane), &inbox_ids];
    executor.execute("take webhooks out of the queue", query, parameters).await
}

/// Notes an attempt that failed; it is tried again then.
pub async fn postpone(
    executor: Executor<'_>,
    lane: u8,
    inbox_id: i64,
    due_at: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.webhook_queue
        SET attempts = attempts + 1, due_at = $3, error = $4
        WHERE lane = $1 AND inbox_id = $2";
    let parameters: Parameters<'_> = &[&i16::from(lane), &inbox_id, &due_at, &error];
    executor.execute("put a webhook off", query, parameters).await?;
    Ok(())
}

/// Makes a dead letter of what waits.
pub async fn bury(
    executor: Executor<'_>,
    lane: u8,
    inbox_id: i64,
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        WITH taken AS (
            DELETE FROM trunkline.webhook_queue
            WHERE lane = $1 AND inbox_id = $2
            RETURNING inbox_id, lane, inbox_day, attempts
        )
        INSERT INTO trunkline.webhook_dead_letters (inbox_id, lane, inbox_day, attempts, error, died_at)
        SELECT inbox_id, lane, inbox_day, attempts + 1, $3, $4
        FROM taken
        ON CONFLICT (inbox_id, lane) DO UPDATE
        SET attempts = excluded.attempts, error = excluded.error, died_at = excluded.died_at";
    let parameters: Parameters<'_> = &[&i16::from(lane), &inbox_id, &error, &now];
    executor.execute("make a dead letter of a webhook", query, parameters).await?;
    Ok(())
}

/// The lanes in which something is due.
pub async fn list_due_lanes(executor: Executor<'_>, now: Timestamp) -> Result<Vec<u8>, StoreError> {
    // From one lane to the next along the index: what a lane holds does not count.
    let query = "
        WITH RECURSIVE lanes AS (
            (SELECT lane FROM trunkline.webhook_queue ORDER BY lane LIMIT 1)
            UNION ALL
            SELECT (
                SELECT queue.lane
                FROM trunkline.webhook_queue AS queue
                WHERE queue.lane > lanes.lane
                ORDER BY queue.lane
                LIMIT 1
            )
            FROM lanes
            WHERE lanes.lane IS NOT NULL
        )
        SELECT lane
        FROM lanes
        WHERE EXISTS (
            SELECT
            FROM trunkline.webhook_queue AS queue
            WHERE queue.lane = lanes.lane AND (queue.due_at IS NULL OR queue.due_at <= $1)
        )";
    let rows = executor.rows("look where webhooks wait", query, &[&now]).await?;
    Ok(rows.iter().filter_map(|row| u8::try_from(row.get::<_, i16>(0)).ok()).collect())
}
