use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;

use super::AlertDelivery;
use crate::State;
use crate::alerts::retry;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemDocument};

/// Try a delivery once more
///
/// One that was given up; if it fails again, it is given up again.
#[utoipa::path(
    post,
    path = "/api/v1/alert-deliveries/{id}/retry",
    tag = "Alerts",
    params(("id" = i64, Path, description = "Its id")),
    responses(
        (status = 200, description = "The delivery, which waits", body = AlertDelivery),
        (status = 409, description = "It was not given up", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn retry_alert_delivery(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<AlertDelivery>, Problem> {
    caller.require_platform(Role::Admin)?;
    Ok(Json(retry(&state, &caller.actor(), id).await?.into()))
}
