//! The journal of calls that must not be made twice: written down and committed before they are sent.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Refuses a second call while nobody knows what became of the first.
const OPEN_KEY: &str = "provider_calls_open_key";

/// A call as it stands in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderCall {
    /// Its id.
    pub id: i64,
    /// The partner account that it is made for.
    pub account_id: i32,
    /// As `provider.meta.register`.
    pub call: String,
    /// What it is about, in the provider's words.
    pub subject: String,
    /// What is needed to find out what became of it.
    pub details: Value,
    /// When it was written down.
    pub begun_at: Timestamp,
    /// Whether somebody looked already, and the provider could not tell.
    pub is_unknown: bool,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// The provider did it.
    Done,
    /// It did not.
    Failed,
    /// Nobody knows; the same call is not made until somebody says so.
    Unknown,
}

impl CallEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Writes down a call that is about to be sent. To be committed before it is. `None`: the same call was begun before,
/// and nobody knows what became of it.
pub async fn begin_call(
    executor: Executor<'_>,
    account_id: i32,
    call: &str,
    subject: &str,
    details: &Value,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let query = "
        INSERT INTO trunkline.provider_calls (account_id, call, subject, details, begun_at)
        VALUES ($1, $2, $3, $4, $5)
        RETURNING id";
    let parameters: Parameters<'_> = &[&account_id, &call, &subject, details, &now];
    match executor.row("write down a call", query, parameters).await {
        Ok(row) => Ok(row.map(|row| row.get("id"))),
        Err(error) if error.is_constraint(OPEN_KEY) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes down what became of a call, in the transaction that stores what it brought. Nothing happens to one that
/// ended before; says whether it had not.
pub async fn end_call(
    executor: Executor<'_>,
    id: i64,
    end: CallEnd,
    outcome: &Value,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.provider_calls
        SET state = $2, outcome = $3, ended_at = $4
        WHERE id = $1 AND state IN ('begun', 'unknown')";
    let parameters: Parameters<'_> = &[&id, &end.as_str(), outcome, &now];
    Ok(executor.execute("write down the end of a call", query, parameters).await? > 0)
}

/// Partner accounts with calls that nobody knows the end of, begun before a moment.
pub async fn list_accounts_with_open_calls(
    executor: Executor<'_>,
    begun_before: Timestamp,
) -> Result<Vec<i32>, StoreError> {
    let query = "
        SELECT DISTINCT account_id
        FROM trunkline.provider_calls
        WHERE state IN ('begun', 'unknown') AND begun_at < $1
        ORDER BY account_id";
    let rows = executor.rows("look for open calls", query, &[&begun_before]).await?;
    Ok(rows.iter().map(|row| row.get("account_id")).collect())
}

/// The calls of an account that nobody knows the end of, begun before a moment; the oldest hundred.
pub async fn list_open_calls(
    executor: Executor<'_>,
    account_id: i32,
    begun_before: Timestamp,
) -> Result<Vec<ProviderCall>, StoreError> {
    let query = "
        SELECT id, account_id, call, subject, details, begun_at, state = 'unknown' AS is_unknown
        FROM trunkline.provider_calls
        WHERE account_id = $1 AND state IN ('begun', 'unknown') AND begun_at < $2
        ORDER BY id
        LIMIT 100";
    let parameters: Parameters<'_> = &[&account_id, &begun_before];
    let rows = executor.rows("list open calls", query, parameters).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &Row) -> ProviderCall {
    ProviderCall {
        id: row.get("id"),
        account_id: row.get("account_id"),
        call: row.get("call"),
        subject: row.get("subject"),
        details: row.get("details"),
        begun_at: row.get("begun_at"),
        is_unknown: row.get("is_unknown"),
    }
}
