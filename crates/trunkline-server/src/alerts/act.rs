use serde_json::{Value, json};
use trunkline_core::Scope;
use trunkline_store::alerts::{self, Alert, AlertState, find_alert, find_alert_for_update};
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};

use crate::State;
use crate::problem::Problem;

/// What is done to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlertAct {
    /// Somebody knows.
    Acknowledge,
    /// It is over.
    Resolve,
}

impl AlertAct {
    const fn action(self) -> &'static str {
        match self {
            Self::Acknowledge => "alert.acknowledged",
            Self::Resolve => "alert.resolved",
        }
    }

    /// Whether it changes an alert that stands so.
    fn changes(self, state: AlertState) -> bool {
        match self {
            Self::Acknowledge => state == AlertState::Open,
            Self::Resolve => state != AlertState::Resolved,
        }
    }
}

/// Does it; an alert to which it was done already stays as it is.
pub(crate) async fn act_on_alert(
    state: &State,
    actor: &Actor,
    scope: Scope,
    id: i32,
    act: AlertAct,
) -> Result<Alert, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let found = find_alert_for_update(executor, id, scope).await?;
    let before = found.ok_or_else(|| Problem::not_found("alert"))?;
    if !act.changes(before.state()) {
        return Ok(before);
    }
    let now = state.clock.now();
    match act {
        AlertAct::Acknowledge => {
            alerts::acknowledge_alert(executor, id, &actor.name, now).await?;
        }
        AlertAct::Resolve => alerts::resolve_alert(executor, id, &actor.name, now).await?,
    }
    let after = find_alert(executor, id, scope).await?;
    let after = after.ok_or_else(|| Problem::not_found("alert"))?;
    let entry = Act {
        action: act.action(),
        object_kind: "alert",
        object_id: id.to_string(),
        company_id: after.company_id,
        before: Some(shown(&before)),
        after: Some(shown(&after)),
    };
    insert_audit_entry(executor, actor, &entry, now).await?;
    transaction.commit().await?;
    Ok(after)
}

/// An alert in the audit log.
fn shown(alert: &Alert) -> Value {
    json!({
        "rule": alert.rule,
        "state": alert.state(),
        "acknowledged_by": alert.acknowledged_by,
        "resolved_by": alert.resolved_by,
    })
}
