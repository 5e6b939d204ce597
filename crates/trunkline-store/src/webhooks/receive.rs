use jiff::Timestamp;
use jiff::civil::Date;
use trunkline_core::events::Source;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// A webhook that was verified, before it is stored.
#[derive(Debug, Clone)]
pub struct NewWebhook<'a> {
    /// The partner account that it came to.
    pub account_id: i32,
    /// Which stream.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// Of account, source and body; the same is stored once in two days.
    pub digest: &'a [u8],
    /// The lanes in which it is worked on; at least one.
    pub lanes: &'a [u8],
    /// What the request says of its body.
    pub content_type: Option<&'a str>,
    /// What the provider calls the delivery.
    pub delivery: Option<&'a str>,
    /// As it came.
    pub body: &'a [u8],
}

/// What became of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// So many were stored; the others had been before.
    pub stored: usize,
}

/// The statement, with what becomes of a row that came in between.
macro_rules! insertion {
    ($on_conflict:literal) => {
        concat!(
            "
        WITH given AS (
            SELECT *
            FROM unnest($1::TIMESTAMPTZ[], $2::INTEGER[], $3::TEXT[], $4::BYTEA[], $5::BYTEA[],
                $6::TEXT[], $7::TEXT[], $8::BYTEA[])
                AS given (received_at, account_id, source, digest, lanes, content_type, delivery, body)
        ),
        received AS (
            INSERT INTO trunkline.webhook_inbox (day, received_at, account_id, source, digest, lanes,
                content_type, delivery, body)
            SELECT $9, received_at, account_id, source, digest, lanes, content_type, delivery, body
            FROM given
            WHERE (
                    SELECT before.id
                    FROM trunkline.webhook_inbox AS before
                    WHERE before.digest = given.digest AND before.day = $9
                ) IS NULL
                AND (
                    SELECT before.id
                    FROM trunkline.webhook_inbox AS before
                    WHERE before.digest = given.digest AND before.day = $9 - 1
                ) IS NULL
            ",
            $on_conflict,
            "
            RETURNING id, day, lanes
        ),
        queued AS (
            INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day)
            SELECT get_byte(lanes, place), id, day
            FROM received, generate_series(0, length(lanes) - 1) AS place
        )
        SELECT count(*)
        FROM received"
        )
    };
}

/// SQLSTATE of a row that is there already.
const UNIQUE_VIOLATION: &str = "23505";

/// Stores webhooks that came on `day` (UTC), and has them worked on: one statement and one commit,
/// whatever their number.
///
/// What came before, that day or the day before, is left out. The unique index holds within its
/// partition, which is a day: that of the day before is looked into for what is repeated after midnight.
pub async fn insert_webhooks(
    executor: Executor<'_>,
    day: Date,
    webhooks: &[NewWebhook<'_>],
) -> Result<Received, StoreError> {
    // ON CONFLICT costs a fifth of the statement, for what hardly happens: the same twice in a group, or
    // in another replica at this moment.
    match insert(executor, day, webhooks, insertion!("")).await {
        Err(StoreError::Constraint { code, .. }) if code == UNIQUE_VIOLATION => {
            insert(executor, day, webhooks, insertion!("ON CONFLICT (digest, day) DO NOTHING"))
                .await
        }
        received => received,
    }
}

async fn insert(
    executor: Executor<'_>,
    day: Date,
    webhooks: &[NewWebhook<'_>],
    query: &str,
) -> Result<Received, StoreError> {
    macro_rules! column {
        ($field:ident) => {
            webhooks.iter().map(|webhook| webhook.$field).collect::<Vec<_>>()
        };
    }
    let sources: Vec<_> = webhooks.iter().map(|webhook| webhook.source.as_str()).collect();
    let parameters: Parameters<'_> = &[
        &column!(received_at),
        &column!(account_id),
        &sources,
        &column!(digest),
        &column!(lanes),
        &column!(content_type),
        &column!(delivery),
        &column!(body),
        &day,
    ];
    let row = executor.row("store webhooks", query, parameters).await?;
    let stored = row.map_or(0, |row| row.get::<_, i64>(0));
    Ok(Received { stored: usize::try_from(stored).unwrap_or_default() })
}
