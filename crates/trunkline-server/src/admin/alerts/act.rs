use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_core::{Role, Scope};

use crate::State;
use crate::admin::{PageProblem, redirect_with_toast};
use crate::alerts::{AlertAct, act_on_alert, title};
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

/// Says that somebody knows.
pub(super) async fn acknowledge(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Response, PageProblem> {
    act(&administrator, &state, id, AlertAct::Acknowledge).await
}

/// Closes it.
pub(super) async fn resolve(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Response, PageProblem> {
    act(&administrator, &state, id, AlertAct::Resolve).await
}

async fn act(
    administrator: &Administrator,
    state: &State,
    id: Result<Id, Problem>,
    what: AlertAct,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let Id(id) = id?;
    let actor = administrator.actor();
    let alert = act_on_alert(state, &actor, Scope::Platform, id, what).await?;
    let label = alert.label.unwrap_or_else(|| alert.subject_id.to_string());
    let done = match what {
        AlertAct::Acknowledge => "acknowledged",
        AlertAct::Resolve => "closed",
    };
    let toast = format!("“{}” of {label} is {done}", title(alert.rule));
    Ok(redirect_with_toast("/admin/alerts", &toast))
}
