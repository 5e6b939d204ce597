use jiff::Timestamp;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Opens alerts of clients and channels that are being set up since before a moment, and closes those of others; says
/// how many of each. `None`: no time is too long.
///
/// They stand so since their last change of status or, without one, since they are written down. One that somebody closed is not opened again.
pub(super) async fn check(
    executor: Executor<'_>,
    began: Option<Timestamp>,
    now: Timestamp,
) -> Result<(u64, u64), StoreError> {
    let close = "
        UPDATE trunkline.alerts AS alert
        SET resolved_at = $2,
            changed_at = $2
        WHERE alert.resolved_at IS NULL
            AND alert.rule = 'onboarding_stuck'
            AND ($1::TIMESTAMPTZ IS NULL OR NOT EXISTS (
                SELECT
                FROM trunkline.listed_clients AS client
                WHERE alert.subject = 'client' AND client.provider = alert.provider AND client.id = alert.subject_id
                    AND client.status = 'pending'
                UNION ALL
                SELECT
                FROM trunkline.listed_channels AS channel
                WHERE alert.subject = 'channel' AND channel.provider = alert.provider AND channel.id = alert.subject_id
                    AND channel.status IN ('pending', 'unverified')
            ))";
    let open = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, company_id, label, after, opened_at,
            changed_at)
        SELECT 'onboarding_stuck', 'warning', waiting.provider, waiting.subject, waiting.id, waiting.company_id,
            waiting.label, waiting.status, $2, $2
        FROM (
            SELECT provider, 'client' AS subject, id, company_id, coalesce(name, provider_id) AS label, status, created_at
            FROM trunkline.listed_clients
            WHERE status = 'pending' AND created_at < $1
            UNION ALL
            SELECT provider, 'channel', id, company_id, coalesce(phone_number, display_name, provider_id), status, created_at
            FROM trunkline.listed_channels
            WHERE status IN ('pending', 'unverified') AND created_at < $1
        ) AS waiting
        WHERE NOT EXISTS (
            SELECT
            FROM trunkline.fact_history AS change
            WHERE change.subject_id = waiting.id
                AND change.provider = waiting.provider
                AND change.subject = waiting.subject
                AND change.aspect = 'status'
                AND change.occurred_at >= $1
        )
        AND NOT EXISTS (
            SELECT
            FROM trunkline.alerts AS known
            WHERE known.rule = 'onboarding_stuck'
                AND known.provider = waiting.provider
                AND known.subject = waiting.subject
                AND known.subject_id = waiting.id
                AND known.resolved_by IS NOT NULL
        )
        ON CONFLICT (rule, provider, subject, subject_id) WHERE resolved_at IS NULL DO NOTHING";
    let parameters: Parameters<'_> = &[&began, &now];
    let closed = executor.execute("close alerts of what is set up", close, parameters).await?;
    let Some(began) = began else { return Ok((0, closed)) };
    let parameters: Parameters<'_> = &[&began, &now];
    let opened = executor.execute("open alerts of what is stuck", open, parameters).await?;
    Ok((opened, closed))
}
