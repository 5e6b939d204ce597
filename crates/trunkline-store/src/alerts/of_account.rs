use jiff::Timestamp;
use trunkline_core::Provider;

use super::{AlertRule, AlertSeverity};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Opens an alert about a partner account; one that is open already says what it became since.
///
/// What somebody closed is not opened again for the same end of a token before it has come, nor for a provider that has
/// not answered since.
pub async fn open_account_alert(
    executor: Executor<'_>,
    rule: AlertRule,
    severity: AlertSeverity,
    account_id: i32,
    after: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.alerts AS alert (rule, severity, provider, subject, subject_id, label, after, opened_at,
            changed_at)
        SELECT $1, $2, account.provider, 'account', account.id,
            coalesce(nullif(details.label, ''), account.partner_id), $4, $5, $5
        FROM public.partner_configurations AS account
        LEFT JOIN trunkline.partner_account_details AS details ON details.partner_configuration_id = account.id
        WHERE account.id = $3
            AND NOT EXISTS (
                SELECT
                FROM trunkline.alerts AS known
                LEFT JOIN trunkline.account_answers AS answers ON answers.account_id = known.subject_id
                WHERE known.rule = $1 AND known.provider = account.provider AND known.subject = 'account'
                    AND known.subject_id = account.id AND known.resolved_by IS NOT NULL
                    AND CASE known.rule
                        WHEN 'token_expires' THEN known.after = $4 AND known.severity <= $2
                        WHEN 'provider_silent' THEN known.opened_at >= answers.failing_since
                    END
            )
        ON CONFLICT (rule, provider, subject, subject_id) WHERE resolved_at IS NULL DO UPDATE
        SET severity = excluded.severity,
            after = excluded.after,
            changed_at = excluded.changed_at
        WHERE (alert.severity, alert.after) IS DISTINCT FROM (excluded.severity, excluded.after)";
    let (rule, severity) = (rule.as_str(), severity.as_str());
    let parameters: Parameters<'_> = &[&rule, &severity, &account_id, &after, &now];
    executor.execute("open an alert of an account", query, parameters).await?;
    Ok(())
}

/// Closes an alert about a partner account, if there is one.
pub async fn close_account_alert(
    executor: Executor<'_>,
    rule: AlertRule,
    account_id: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.alerts
        SET resolved_at = $3,
            changed_at = $3
        WHERE rule = $1 AND subject = 'account' AND subject_id = $2 AND resolved_at IS NULL";
    let parameters: Parameters<'_> = &[&rule.as_str(), &account_id, &now];
    executor.execute("close an alert of an account", query, parameters).await?;
    Ok(())
}

/// Closes the alerts of a rule about all partner accounts of a provider.
pub async fn close_provider_alerts(
    executor: Executor<'_>,
    rule: AlertRule,
    provider: Provider,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.alerts
        SET resolved_at = $3,
            changed_at = $3
        WHERE rule = $1 AND provider = $2 AND subject = 'account' AND resolved_at IS NULL";
    let parameters: Parameters<'_> = &[&rule.as_str(), &provider.as_str(), &now];
    executor.execute("close alerts of accounts", query, parameters).await?;
    Ok(())
}
