use jiff::{SignedDuration, Timestamp};

use super::stuck;
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// After what time a rule that time alone breaks opens an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A token that ends within this time is about to.
    pub token: SignedDuration,
    /// An account that was not heard of for so long is silent.
    pub silence: SignedDuration,
    /// A client or channel that is being set up for longer is stuck; `None`: there is no such time.
    pub set_up: Option<SignedDuration>,
}

impl Default for Thresholds {
    /// A week, a day, and two days.
    fn default() -> Self {
        Self {
            token: SignedDuration::from_hours(7 * 24),
            silence: SignedDuration::from_hours(24),
            set_up: Some(SignedDuration::from_hours(48)),
        }
    }
}

/// Looks at what becomes wrong, worse or right again, by time alone; says how many alerts it opened or found worse, and
/// how many it closed.
///
/// An account that was never heard of is not silent: its webhooks were never set up. What somebody closed is not opened again
/// for the same silence, nor for the same end of a token before it has come.
pub async fn check_alerts(
    executor: Executor<'_>,
    thresholds: Thresholds,
    now: Timestamp,
) -> Result<(u64, u64), StoreError> {
    let (token_end, heard) = (now + thresholds.token, now - thresholds.silence);
    let closed = close(executor, token_end, heard, now).await?;
    let silent = open_silent(executor, heard, now).await?;
    let tokens = open_tokens(executor, token_end, now).await?;
    let began = thresholds.set_up.map(|time| now - time);
    let (stuck, moved) = stuck::check(executor, began, now).await?;
    Ok((silent + tokens + stuck, closed + moved))
}

async fn close(
    executor: Executor<'_>,
    token_end: Timestamp,
    heard: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        UPDATE trunkline.alerts AS alert
        SET resolved_at = $3,
            changed_at = $3
        WHERE alert.resolved_at IS NULL
            AND (
                alert.rule = 'webhook_silent' AND NOT EXISTS (
                    SELECT
                    FROM trunkline.account_pulses AS pulse
                    JOIN public.partner_configurations AS account ON account.id = pulse.account_id
                    WHERE pulse.account_id = alert.subject_id AND account.is_active AND pulse.heard_at < $2
                )
                -- What is gone, with its company or by itself, needs nobody.
                OR alert.subject = 'channel' AND NOT EXISTS (
                    SELECT
                    FROM trunkline.listed_channels AS channel
                    WHERE channel.provider = alert.provider AND channel.id = alert.subject_id
                )
                OR alert.subject = 'client' AND NOT EXISTS (
                    SELECT
                    FROM trunkline.listed_clients AS client
                    WHERE client.provider = alert.provider AND client.id = alert.subject_id
                )
                OR alert.rule = 'token_expires' AND alert.subject <> 'account' AND NOT EXISTS (
                    SELECT
                    FROM trunkline.facts AS fact
                    WHERE fact.provider = alert.provider AND fact.subject = alert.subject
                        AND fact.subject_id = alert.subject_id AND fact.aspect = 'token_expiry'
                        AND CASE
                            WHEN fact.aspect = 'token_expiry' AND fact.value <> 'never' THEN fact.value::TIMESTAMPTZ
                        END < $1
                )
            )";
    let parameters: Parameters<'_> = &[&token_end, &heard, &now];
    executor.execute("close alerts that time has closed", query, parameters).await
}

async fn open_silent(
    executor: Executor<'_>,
    heard: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, label, before, opened_at, changed_at)
        SELECT 'webhook_silent', 'warning', account.provider, 'account', account.id, account.partner_id,
            to_char(pulse.heard_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), $2, $2
        FROM trunkline.account_pulses AS pulse
        JOIN public.partner_configurations AS account ON account.id = pulse.account_id
        WHERE account.is_active AND pulse.heard_at < $1
            AND NOT EXISTS (
                SELECT
                FROM trunkline.alerts AS known
                WHERE known.rule = 'webhook_silent' AND known.provider = account.provider
                    AND known.subject = 'account' AND known.subject_id = account.id
                    AND known.resolved_by IS NOT NULL AND known.opened_at > pulse.heard_at
            )
        ON CONFLICT (rule, provider, subject, subject_id) WHERE resolved_at IS NULL DO NOTHING";
    let parameters: Parameters<'_> = &[&heard, &now];
    executor.execute("open alerts of silent accounts", query, parameters).await
}

/// Whether a value is a time is asked inside of CASE: PostgreSQL may look at conditions in any order.
async fn open_tokens(
    executor: Executor<'_>,
    token_end: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        INSERT INTO trunkline.alerts AS alert (rule, severity, provider, subject, subject_id, company_id, label, after,
            opened_at, changed_at)
        SELECT 'token_expires', CASE WHEN fact.value::TIMESTAMPTZ < $2 THEN 'critical' ELSE 'warning' END, fact.provider,
            fact.subject, fact.subject_id, owner.company_id, owner.label, fact.value, $2, $2
        FROM trunkline.facts AS fact
        CROSS JOIN LATERAL (
            SELECT company_id, coalesce(phone_number, display_name, provider_id) AS label
            FROM trunkline.listed_channels
            WHERE fact.subject = 'channel' AND provider = fact.provider AND id = fact.subject_id
            UNION ALL
            SELECT company_id, coalesce(name, provider_id)
            FROM trunkline.listed_clients
            WHERE fact.subject = 'client' AND provider = fact.provider AND id = fact.subject_id
        ) AS owner
        WHERE fact.aspect = 'token_expiry'
            AND CASE
                WHEN fact.aspect = 'token_expiry' AND fact.value <> 'never' THEN fact.value::TIMESTAMPTZ
            END < $1
            AND NOT EXISTS (
                SELECT
                FROM trunkline.alerts AS known
                WHERE known.rule = 'token_expires' AND known.provider = fact.provider
                    AND known.subject = fact.subject AND known.subject_id = fact.subject_id
                    AND known.resolved_by IS NOT NULL AND known.after = fact.value
                    AND (known.severity = 'critical' OR fact.value::TIMESTAMPTZ >= $2)
            )
        ON CONFLICT (rule, provider, subject, subject_id) WHERE resolved_at IS NULL DO UPDATE
        SET severity = excluded.severity,
            after = excluded.after,
            changed_at = excluded.changed_at
        WHERE (alert.severity, alert.after) IS DISTINCT FROM (excluded.severity, excluded.after)";
    let parameters: Parameters<'_> = &[&token_end, &now];
    executor.execute("open alerts of tokens", query, parameters).await
}
