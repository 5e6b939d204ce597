use axum::extract::State as Extract;
use axum::http::StatusCode;
use trunkline_core::Role;
use trunkline_store::alerts::Destination;

use super::AlertDestination;
use crate::State;
use crate::alerts::remove_destination;
use crate::api::{Id, Preconditions};
use crate::auth::Caller;
use crate::problem::Problem;

/// Delete a destination of alerts
///
/// With what was said to it, and what would be.
#[utoipa::path(
    delete,
    path = "/api/v1/alert-destinations/{id}",
    tag = "Alerts",
    params(
        ("id" = i32, Path, description = "Its id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that is deleted"),
    ),
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn delete_alert_destination(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    caller.require_platform(Role::Admin)?;
    let expect =
        |before: &Destination| preconditions.check(&AlertDestination::new(&state, before.clone()));
    remove_destination(&state, &caller.actor(), id, expect).await?;
    Ok(StatusCode::NO_CONTENT)
}
