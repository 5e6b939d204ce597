//! Whether the providers answer: what each partner account was last answered, and outages, which pause syncs.

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::Provider;

use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError};

/// How a provider answers a partner account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAnswers {
    /// The account.
    pub account_id: i32,
    /// Its provider.
    pub provider: Provider,
    /// The provider's id of it.
    pub partner_id: String,
    /// What the administrators call it.
    pub label: Option<String>,
    /// When the provider last answered, be it by a refusal.
    pub answered_at: Option<Timestamp>,
    /// How often it did not, since then.
    pub failures: i32,
    /// Since when it does not.
    pub failing_since: Option<Timestamp>,
    /// What the last failure was.
    pub reason: Option<String>,
}

/// A time in which a provider did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Its id.
    pub id: i32,
    /// Who did not answer.
    pub provider: Provider,
    /// Since when.
    pub began_at: Timestamp,
    /// Until when; `None`: it is not over.
    pub ended_at: Option<Timestamp>,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// When it is tried again.
    pub next_attempt_at: Timestamp,
    /// What the last failure was.
    pub reason: String,
}

impl Outage {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            provider: word(row, "provider")?,
            began_at: row.get("began_at"),
            ended_at: row.get("ended_at"),
            attempts: row.get("attempts"),
            next_attempt_at: row.get("next_attempt_at"),
            reason: row.get("reason"),
        })
    }
}

/// So many accounts that fail alike are an outage …
const ACCOUNTS: i64 = 2;

/// … and so many failures of one account, when no other is answered.
const FAILURES: i32 = 3;

/// Notes that a provider answered; an outage of it is over then. Says whether there was one.
pub async fn note_answer(
    executor: Executor<'_>,
    account_id: i32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let note = "
        INSERT INTO trunkline.account_answers AS known (account_id, answered_at)
        SELECT id, $2
        FROM public.partner_configurations
        WHERE id = $1
        ON CONFLICT (account_id) DO UPDATE
        SET answered_at = excluded.answered_at, failures = 0, failing_since = NULL, failed_at = NULL, reason = NULL";
    executor.execute("note an answer", note, &[&account_id, &now]).await?;
    let end = "
        UPDATE trunkline.provider_outages AS outage
        SET ended_at = $2
        FROM public.partner_configurations AS account
        WHERE account.id = $1 AND outage.provider = account.provider AND outage.ended_at IS NULL";
    Ok(executor.execute("end an outage", end, &[&account_id, &now]).await? > 0)
}

/// Ends outages of providers that no active account asks any more: nobody would be answered.
pub async fn end_forgotten_outages(
    executor: Executor<'_>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        UPDATE trunkline.provider_outages AS outage
        SET ended_at = $1
        WHERE ended_at IS NULL
            AND NOT EXISTS (
                SELECT
                FROM public.partner_configurations AS account
                WHERE account.provider = outage.provider AND account.is_active
            )";
    executor.execute("end outages that nobody asks about", query, &[&now]).await
}

/// Notes that a provider did not answer; says whether that happens again and again to this account, and whether it is an
/// outage: then when it is tried again.
///
/// It is one when two accounts fail, or one for the third time, and no account was answered since.
pub async fn note_failure(
    executor: Executor<'_>,
    account_id: i32,
    reason: &str,
    now: Timestamp,
) -> Result<(bool, Option<Outage>), StoreError> {
    let note = "
        INSERT INTO trunkline.account_answers AS known (account_id, failures, failing_since, failed_at, reason)
        SELECT id, 1, $2, $2, $3
        FROM public.partner_configurations
        WHERE id = $1
        ON CONFLICT (account_id) DO UPDATE
        SET failures = known.failures + 1,
            failing_since = coalesce(known.failing_since, excluded.failing_since),
            failed_at = excluded.failed_at,
            reason = excluded.reason";
    executor.execute("note a failure", note, &[&account_id, &now, &reason]).await?;
    let standing = "
        SELECT account.provider, own.failures, own.failing_since,
            EXISTS (
                SELECT
                FROM trunkline.provider_outages AS outage
                WHERE outage.provider = account.provider AND outage.ended_at IS NULL
            ) AS is_out,
            count(*) FILTER (WHERE answers.failures > 0) AS failing,
            bool_or(answers.failures = 0 AND answers.answered_at > own.failing_since) AS is_answered
        FROM public.partner_configurations AS account
        JOIN trunkline.account_answers AS own ON own.account_id = account.id
        JOIN public.partner_configurations AS beside ON beside.provider = account.provider
        JOIN trunkline.account_answers AS answers ON answers.account_id = beside.id
        WHERE account.id = $1 AND (beside.is_active OR beside.id = account.id)
        GROUP BY account.provider, own.failures, own.failing_since";
    let Some(row) =
        executor.row("look whether a provider answers", standing, &[&account_id]).await?
    else {
        return Ok((false, None));
    };
    let (failing, failures): (i64, i32) = (row.get("failing"), row.get("failures"));
    let is_answered = row.get::<_, Option<bool>>("is_answered").unwrap_or_default();
    let begins = (failing >= ACCOUNTS || failures >= FAILURES) && !is_answered;
    let is_out: bool = row.get("is_out");
    let is_long = failures >= FAILURES;
    if !(begins || is_out) {
        return Ok((is_long, None));
    }
    let since: Timestamp = row.get::<_, Option<Timestamp>>("failing_since").unwrap_or(now);
    let provider: Provider = word(&row, "provider")?;
    let outage = open(executor, provider, since, reason, now).await?;
    Ok((is_long, Some(outage)))
}

/// Opens an outage, or notes one more attempt in vain; the wait doubles from a minute up to half an hour.
async fn open(
    executor: Executor<'_>,
    provider: Provider,
    since: Timestamp,
    reason: &str,
    now: Timestamp,
) -> Result<Outage, StoreError> {
    let query = "
        INSERT INTO trunkline.provider_outages AS known (provider, began_at, attempts, next_attempt_at, reason)
        VALUES ($1, $2, 1, $3::TIMESTAMPTZ + INTERVAL '1 minute', $4)
        ON CONFLICT (provider) WHERE ended_at IS NULL DO UPDATE
        SET attempts = known.attempts + 1,
            next_attempt_at = $3::TIMESTAMPTZ
                + least(INTERVAL '1 minute' * power(2, least(known.attempts, 5)), INTERVAL '30 minutes'),
            reason = excluded.reason
        RETURNING id, provider, began_at, ended_at, attempts, next_attempt_at, reason";
    let parameters: Parameters<'_> = &[&provider.as_str(), &since, &now, &reason];
    let row = executor.row("open an outage", query, parameters).await?;
    row.as_ref().map(Outage::read).transpose()?.ok_or_else(|| StoreError::Query {
        doing: "open an outage",
        reason: "nothing was written".to_owned(),
        code: None,
    })
}

/// The outages that are not over, by provider.
pub async fn list_open_outages(executor: Executor<'_>) -> Result<Vec<Outage>, StoreError> {
    let query = "
        SELECT id, provider, began_at, ended_at, attempts, next_attempt_at, reason
        FROM trunkline.provider_outages
        WHERE ended_at IS NULL
        ORDER BY provider";
    let rows = executor.rows("list outages", query, &[]).await?;
    rows.iter().map(Outage::read).collect()
}

/// The last outages, the newest first.
pub async fn list_last_outages(
    executor: Executor<'_>,
    limit: i64,
) -> Result<Vec<Outage>, StoreError> {
    let query = "
        SELECT id, provider, began_at, ended_at, attempts, next_attempt_at, reason
        FROM trunkline.provider_outages
        ORDER BY id DESC
        LIMIT $1";
    let rows = executor.rows("list outages", query, &[&limit]).await?;
    rows.iter().map(Outage::read).collect()
}

/// How the providers answer each active account, by provider.
pub async fn list_account_answers(
    executor: Executor<'_>,
) -> Result<Vec<AccountAnswers>, StoreError> {
    let query = "
        SELECT account.id, account.provider, account.partner_id, details.label, answers.answered_at,
            coalesce(answers.failures, 0) AS failures, answers.failing_since, answers.reason
        FROM public.partner_configurations AS account
        LEFT JOIN trunkline.partner_account_details AS details ON details.partner_configuration_id = account.id
        LEFT JOIN trunkline.account_answers AS answers ON answers.account_id = account.id
        WHERE account.is_active
        ORDER BY account.provider, account.id";
    let rows = executor.rows("list how providers answer", query, &[]).await?;
    let read = |row: &Row| {
        Ok(AccountAnswers {
            account_id: row.get("id"),
            provider: word(row, "provider")?,
            partner_id: row.get("partner_id"),
            label: row.get("label"),
            answered_at: row.get("answered_at"),
            failures: row.get("failures"),
            failing_since: row.get("failing_since"),
            reason: row.get("reason"),
        })
    };
    rows.iter().map(read).collect()
}

/// Forgets outages that ended before a moment.
pub async fn delete_old_outages(
    executor: Executor<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.provider_outages
        WHERE ended_at < $1";
    executor.execute("delete old outages", query, &[&before]).await
}
