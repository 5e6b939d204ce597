//! Answers to POSTs with an `Idempotency-Key`, kept for a day.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use trunkline_core::secrets::Place;

use crate::{Executor, StoreError};

/// So long an answer is given again.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Which request: the API key it came with, its `Idempotency-Key`, and a hash of all the rest.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// The API key.
    pub api_key_id: i32,
    /// The header's text.
    pub key: String,
    /// SHA-256 of method, address and body.
    pub request_hash: Vec<u8>,
}

impl RequestKey {
    /// The primary key as text, to which the sealed answer is bound.
    pub fn row(&self) -> String {
        format!("{}/{}", self.api_key_id, self.key)
    }
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Value,
    /// An envelope: the body may hold a secret.
    pub sealed_body: String,
}

impl StoredAnswer {
    /// Where the body is sealed for; `row` is that of [`RequestKey::row`].
    pub fn place(row: &str) -> Place<'_> {
        Place { schema: "trunkline", table: "idempotency_keys", column: "body", row }
    }
}

/// What is known of a request.
#[derive(Debug)]
pub enum Claim {
    /// Nothing: it is now claimed, and to be worked on.
    New,
    /// It was answered.
    Answered(StoredAnswer),
    /// It is being worked on.
    Working,
    /// It was worked on, and nothing says whether it was done.
    Unknown,
    /// The key came with another request.
    Other,
}

/// Claims a key for a request, if nobody has; `abandoned`: nobody works any more on older claims than this.
pub async fn claim_key(
    executor: Executor<'_>,
    key: &RequestKey,
    now: Timestamp,
    abandoned: Timestamp,
) -> Result<Claim, StoreError> {
    let doing = "claim an idempotency key";
    let query = "
        DELETE FROM trunkline.idempotency_keys
        WHERE (api_key_id, idempotency_key) IN (
            SELECT api_key_id, idempotency_key
            FROM trunkline.idempotency_keys
            WHERE created_at <= $1
            ORDER BY created_at
            LIMIT 20
            FOR UPDATE SKIP LOCKED
        )";
    executor.execute("forget old answers", query, &[&(now - KEPT)]).await?;
    let query = "
        INSERT INTO trunkline.idempotency_keys AS known (api_key_id, idempotency_key, request_hash, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (api_key_id, idempotency_key) DO UPDATE
        SET request_hash = excluded.request_hash, status = NULL, headers = NULL, body = NULL,
            created_at = excluded.created_at
        WHERE known.created_at <= $5
        RETURNING api_key_id";
    let parameters: crate::database::Parameters<'_> =
        &[&key.api_key_id, &key.key, &key.request_hash, &now, &(now - KEPT)];
    if executor.row(doing, query, parameters).await?.is_some() {
        return Ok(Claim::New);
    }
    let query = "
        SELECT request_hash, status, headers, body, created_at <= $3
        FROM trunkline.idempotency_keys
        WHERE api_key_id = $1 AND idempotency_key = $2";
    let parameters: crate::database::Parameters<'_> = &[&key.api_key_id, &key.key, &abandoned];
    let Some(row) = executor.row(doing, query, parameters).await? else {
        // Released at this moment.
        return Ok(Claim::Working);
    };
    if row.get::<_, &[u8]>(0) != key.request_hash {
        return Ok(Claim::Other);
    }
    let Some(status) = row.get::<_, Option<i32>>(1) else {
        return Ok(if row.get(4) { Claim::Unknown } else { Claim::Working });
    };
    Ok(Claim::Answered(StoredAnswer {
        status: u16::try_from(status).unwrap_or_default(),
        headers: row.get(2),
        sealed_body: String::from_utf8_lossy(row.get(3)).into_owned(),
    }))
}

/// Keeps the answer to a request that was claimed at `claimed_at`.
pub async fn keep_answer(
    executor: Executor<'_>,
    key: &RequestKey,
    claimed_at: Timestamp,
    answer: &StoredAnswer,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.idempotency_keys
        SET status = $4, headers = $5, body = $6
        WHERE api_key_id = $1 AND idempotency_key = $2 AND created_at = $3 AND status IS NULL";
    let parameters: crate::database::Parameters<'_> = &[
        &key.api_key_id,
        &key.key,
        &claimed_at,
        &i32::from(answer.status),
        &answer.headers,
        &answer.sealed_body.as_bytes(),
    ];
    executor.execute("keep an answer", query, parameters).await?;
    Ok(())
}

/// Gives up the claim of `claimed_at`: the request may be repeated.
pub async fn release_key(
    executor: Executor<'_>,
    key: &RequestKey,
    claimed_at: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        DELETE FROM trunkline.idempotency_keys
        WHERE api_key_id = $1 AND idempotency_key = $2 AND created_at = $3 AND status IS NULL";
    let parameters: crate::database::Parameters<'_> = &[&key.api_key_id, &key.key, &claimed_at];
    executor.execute("release an idempotency key", query, parameters).await?;
    Ok(())
}
