use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::alerts::find_destination;

use super::AlertDestination;
use crate::State;
use crate::api::{Id, Preconditions};
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one destination of alerts.
#[utoipa::path(
    get,
    path = "/api/v1/alert-destinations/{id}",
    tag = "Alerts",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "The destination", body = AlertDestination,
        headers(("ETag" = String, description = "Its version")))),
)]
pub(super) async fn get_alert_destination(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Admin)?;
    let connection = state.store.connection().await?;
    let found = find_destination(connection.executor(), id).await?;
    let found = found.ok_or_else(|| Problem::not_found("alert destination"))?;
    Ok(preconditions.answer(&AlertDestination::new(&state, found)))
}
