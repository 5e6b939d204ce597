use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;

use super::Alert;
use crate::State;
use crate::alerts::{AlertAct, act_on_alert};
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// Close an alert
///
/// Whatever the fact is; a fact that becomes worse opens another. One that is resolved stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/alerts/{id}/resolve",
    tag = "Alerts",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "The alert, resolved", body = Alert)),
)]
pub(super) async fn resolve_alert(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<Alert>, Problem> {
    caller.require(Role::Operator)?;
    let actor = caller.actor();
    let alert = act_on_alert(&state, &actor, caller.scope, id, AlertAct::Resolve).await?;
    Ok(Json(alert.into()))
}
