//! The journal of calls that must not be made twice: written down and committed before they are sent.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::Provider;

use crate::database::Parameters;
use crate::row::{word, words};
use crate::{Executor, QualifiedId, StoreError, Window};

/// Refuses a second call while nobody knows what became of the first.
const OPEN_KEY: &str = "provider_calls_open_key";

words! {
    /// How far a call is.
    CallState {
        /// It was sent, or is about to be.
        Begun = "begun",
        /// The provider did it.
        Done = "done",
        /// It did not.
        Failed = "failed",
        /// Nobody knows; the same call is not made until somebody says so.
        Unknown = "unknown",
    }
}

impl CallState {
    /// Whether it is not known what became of the call.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Begun | Self::Unknown)
    }
}

/// A call as it stands in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderCall {
    /// Its id.
    pub id: i64,
    /// The partner account that it is made for.
    pub account_id: i32,
    /// Its provider.
    pub provider: Provider,
    /// As `provider.meta.register`.
    pub call: String,
    /// What it is about, in the provider's words.
    pub subject: String,
    /// What is needed to find out what became of it.
    pub details: Value,
    /// How far it is.
    pub state: CallState,
    /// When it was written down.
    pub begun_at: Timestamp,
    /// When it was known what became of it, or that the provider cannot tell.
    pub ended_at: Option<Timestamp>,
    /// The error, what the call brought, or how its end was found out.
    pub outcome: Option<Value>,
}

impl ProviderCall {
    /// The channel that it is about, if it is about one.
    pub fn channel(&self) -> Option<QualifiedId> {
        let number = self.details["channel_row"].as_i64()?.try_into().ok()?;
        Some(QualifiedId { provider: self.provider, number })
    }
}

/// Which calls are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallFilter<'a> {
    /// Whose end is known, or not.
    pub is_open: Option<bool>,
    /// Of this partner account.
    pub account_id: Option<i32>,
    /// About this channel, which the provider calls so.
    pub channel: Option<(QualifiedId, &'a str)>,
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
    end: CallState,
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

/// How many calls the providers cannot tell the end of: somebody has to settle them.
pub async fn count_unknown_calls(executor: Executor<'_>) -> Result<i64, StoreError> {
    let query = "SELECT count(*) FROM trunkline.provider_calls WHERE state = 'unknown'";
    let row = executor.row("count calls whose end is not known", query, &[]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// The calls of an account that nobody knows the end of, begun before a moment; the oldest hundred.
pub async fn list_open_calls(
    executor: Executor<'_>,
    account_id: i32,
    begun_before: Timestamp,
) -> Result<Vec<ProviderCall>, StoreError> {
    let query = format!(
        "{SELECT}
        WHERE account_id = $1 AND state IN ('begun', 'unknown') AND begun_at < $2
        ORDER BY journal.id
        LIMIT 100"
    );
    let parameters: Parameters<'_> = &[&account_id, &begun_before];
    let rows = executor.rows("list open calls", &query, parameters).await?;
    rows.iter().map(ProviderCall::read).collect()
}

/// The call with this id.
pub async fn find_call(
    executor: Executor<'_>,
    id: i64,
) -> Result<Option<ProviderCall>, StoreError> {
    let query = format!("{SELECT} WHERE journal.id = $1");
    let row = executor.row("look for a call", &query, &[&id]).await?;
    row.as_ref().map(ProviderCall::read).transpose()
}

/// Calls, the newest first; the window's place is the id.
pub async fn list_calls(
    executor: Executor<'_>,
    filter: &CallFilter<'_>,
    window: &Window<i64>,
) -> Result<Vec<ProviderCall>, StoreError> {
    let mut conditions = Vec::new();
    let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::new();
    macro_rules! demand {
        ($condition:literal, $value:expr) => {
            if let Some(value) = &$value {
                parameters.push(value);
                conditions.push(format!("{} ${}", $condition, parameters.len()));
            }
        };
    }
    demand!("account_id =", filter.account_id);
    let subject = filter.channel.map(|(_, key)| key);
    let provider = filter.channel.map(|(id, _)| id.provider.as_str());
    let row = filter.channel.map(|(id, _)| id.number.to_string());
    demand!("subject =", subject);
    demand!("provider =", provider);
    demand!("details ->> 'channel_row' =", row);
    demand!("journal.id <", window.after);
    conditions.extend(filter.is_open.map(|is_open| {
        let states = if is_open { "('begun', 'unknown')" } else { "('done', 'failed')" };
        format!("state IN {states}")
    }));
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let rows = window.rows();
    parameters.push(&rows);
    let query =
        format!("{SELECT} WHERE {wanted} ORDER BY journal.id DESC LIMIT ${}", parameters.len());
    let rows = executor.rows("list calls", &query, &parameters).await?;
    rows.iter().map(ProviderCall::read).collect()
}

const SELECT: &str = "
    SELECT journal.id, account_id, provider, call, subject, details, state, begun_at, ended_at, outcome
    FROM trunkline.provider_calls AS journal
    JOIN public.partner_configurations AS account ON account.id = account_id";

impl ProviderCall {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            account_id: row.get("account_id"),
            provider: word(row, "provider")?,
            call: row.get("call"),
            subject: row.get("subject"),
            details: row.get("details"),
            state: word(row, "state")?,
            begun_at: row.get("begun_at"),
            ended_at: row.get("ended_at"),
            outcome: row.get("outcome"),
        })
    }
}
