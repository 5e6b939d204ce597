use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::alerts::find_alert;

use super::Alert;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one alert.
#[utoipa::path(
    get,
    path = "/api/v1/alerts/{id}",
    tag = "Alerts",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "The alert", body = Alert)),
)]
pub(super) async fn get_alert(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<Alert>, Problem> {
    caller.require(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_alert(connection.executor(), id, caller.scope).await?;
    found.map(|alert| Json(alert.into())).ok_or_else(|| Problem::not_found("alert"))
}
