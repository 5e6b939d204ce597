use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use trunkline_core::Role;
use trunkline_store::alerts::find_destination;
use utoipa::ToSchema;

use crate::State;
use crate::alerts::{Trial, try_destination};
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// What a test came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationTests {
    /// Of the webhook, or of each e-mail address.
    tests: Vec<Trial>,
}

/// Send a test to a destination of alerts
///
/// Now and once, whether or not it is active; the answer says what came of it.
#[utoipa::path(
    post,
    path = "/api/v1/alert-destinations/{id}/test",
    tag = "Alerts",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "What came of it", body = DestinationTests)),
)]
pub(super) async fn test_alert_destination(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<DestinationTests>, Problem> {
    caller.require_platform(Role::Admin)?;
    let found = {
        let connection = state.store.connection().await?;
        find_destination(connection.executor(), id).await?
    };
    let destination = found.ok_or_else(|| Problem::not_found("alert destination"))?;
    let tests = try_destination(&state, &caller.actor(), &destination).await?;
    Ok(Json(DestinationTests { tests }))
}
