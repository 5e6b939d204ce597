use tokio_postgres::types::ToSql;
use trunkline_core::{Provider, Scope};

use super::{Alert, AlertRule, AlertState};
use crate::{Executor, StoreError, Window};

/// Which alerts are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertFilter {
    /// In this part of its life.
    pub state: Option<AlertState>,
    /// Of this rule.
    pub rule: Option<AlertRule>,
    /// At this provider.
    pub provider: Option<Provider>,
    /// Of this company.
    pub company_id: Option<i32>,
}

/// Alerts, the newest first; the window's place is the id.
pub async fn list_alerts(
    executor: Executor<'_>,
    filter: &AlertFilter,
    window: &Window<i32>,
) -> Result<Vec<Alert>, StoreError> {
    let (rule, provider) =
        (filter.rule.map(AlertRule::as_str), filter.provider.map(Provider::as_str));
    let mut conditions: Vec<String> = Vec::new();
    let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::new();
    macro_rules! demand {
        ($condition:literal, $value:expr) => {
            if let Some(value) = &$value {
                parameters.push(value);
                conditions.push(format!("{} ${}", $condition, parameters.len()));
            }
        };
    }
    demand!("rule =", rule);
    demand!("provider =", provider);
    demand!("company_id =", filter.company_id);
    demand!("id <", window.after);
    conditions.extend(filter.state.map(|state| {
        match state {
            AlertState::Open => "resolved_at IS NULL AND acknowledged_at IS NULL",
            AlertState::Acknowledged => "resolved_at IS NULL AND acknowledged_at IS NOT NULL",
            AlertState::Resolved => "resolved_at IS NOT NULL",
        }
        .to_owned()
    }));
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let rows = window.rows();
    parameters.push(&rows);
    let query = format!(
        "SELECT id, rule, severity, provider, subject, subject_id, company_id, label, before, after, opened_at,
            changed_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by
        FROM trunkline.alerts
        WHERE {wanted}
        ORDER BY id DESC
        LIMIT ${}",
        parameters.len()
    );
    let rows = executor.rows("list alerts", &query, &parameters).await?;
    rows.iter().map(Alert::read).collect()
}

/// The open alerts that matter most, so many at most; of the same weight the newest come first.
pub async fn list_urgent_alerts(
    executor: Executor<'_>,
    limit: i64,
) -> Result<Vec<Alert>, StoreError> {
    // The words of severities are in the order of their weight.
    let query = "
        SELECT id, rule, severity, provider, subject, subject_id, company_id, label, before, after, opened_at,
            changed_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by
        FROM trunkline.alerts
        WHERE resolved_at IS NULL AND acknowledged_at IS NULL
        ORDER BY severity, id DESC
        LIMIT $1";
    let rows = executor.rows("list urgent alerts", query, &[&limit]).await?;
    rows.iter().map(Alert::read).collect()
}

/// How many are open, and how many are known of and not over.
pub async fn count_unresolved_alerts(
    executor: Executor<'_>,
    scope: Scope,
) -> Result<(i64, i64), StoreError> {
    let query = "
        SELECT count(*) FILTER (WHERE acknowledged_at IS NULL), count(*) FILTER (WHERE acknowledged_at IS NOT NULL)
        FROM trunkline.alerts
        WHERE resolved_at IS NULL AND ($1::INTEGER IS NULL OR company_id = $1)";
    let row = executor.row("count alerts", query, &[&scope.company()]).await?;
    Ok(row.map_or((0, 0), |row| (row.get(0), row.get(1))))
}
