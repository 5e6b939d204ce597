use jiff::Timestamp;
use trunkline_core::Scope;

use super::Alert;
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Everything of an alert.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
        SELECT id, rule, severity, provider, subject, subject_id, company_id, label, before, after, opened_at,
            changed_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by
        FROM trunkline.alerts
        WHERE id = $1 AND ($2::INTEGER IS NULL OR company_id = $2)",
            $rest
        )
    };
}

/// The alert with this id, if the scope includes it.
pub async fn find_alert(
    executor: Executor<'_>,
    id: i32,
    scope: Scope,
) -> Result<Option<Alert>, StoreError> {
    let parameters: Parameters<'_> = &[&id, &scope.company()];
    let row = executor.row("look for an alert", select!(""), parameters).await?;
    row.as_ref().map(Alert::read).transpose()
}

/// The same, and nobody else changes it until the transaction ends.
pub async fn find_alert_for_update(
    executor: Executor<'_>,
    id: i32,
    scope: Scope,
) -> Result<Option<Alert>, StoreError> {
    let query = select!(
        "
        FOR UPDATE"
    );
    let parameters: Parameters<'_> = &[&id, &scope.company()];
    let row = executor.row("look for an alert", query, parameters).await?;
    row.as_ref().map(Alert::read).transpose()
}

/// Says that somebody knows.
pub async fn acknowledge_alert(
    executor: Executor<'_>,
    id: i32,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.alerts
        SET acknowledged_at = $3,
            acknowledged_by = $2
        WHERE id = $1 AND acknowledged_at IS NULL AND resolved_at IS NULL";
    let parameters: Parameters<'_> = &[&id, &by, &now];
    executor.execute("acknowledge an alert", query, parameters).await?;
    Ok(())
}

/// Closes it, whatever the fact is; a fact that becomes worse opens another.
pub async fn resolve_alert(
    executor: Executor<'_>,
    id: i32,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.alerts
        SET resolved_at = $3,
            resolved_by = $2,
            changed_at = $3
        WHERE id = $1 AND resolved_at IS NULL";
    let parameters: Parameters<'_> = &[&id, &by, &now];
    executor.execute("close an alert", query, parameters).await?;
    Ok(())
}
