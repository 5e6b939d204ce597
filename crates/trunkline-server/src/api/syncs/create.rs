use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Role;
use utoipa::ToSchema;

use super::Sync;
use crate::State;
use crate::api::Body;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::syncs;

/// What is to be compared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyncRequest {
    /// The partner account.
    partner_account_id: i32,
    /// Whether it only reports, and changes nothing.
    #[serde(default)]
    #[schema(required = false)]
    dry_run: bool,
}

/// Compare a partner account with its provider
///
/// In the background: `GET /api/v1/syncs/{id}` tells how far it is. One that waits or runs already is answered instead of
/// a second one. It takes an operator's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/syncs",
    tag = "Syncs",
    request_body = SyncRequest,
    responses(
        (status = 202, description = "It is in the queue", body = Sync,
            headers(("Location" = String, description = "Where it tells how far it is"))),
        (status = 200, description = "One that waits or runs already", body = Sync),
        (status = 404, description = "There is no such partner account"),
    ),
)]
pub(super) async fn request_sync(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(request): Body<SyncRequest>,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Operator)?;
    let SyncRequest { partner_account_id, dry_run } = request;
    let actor = caller.actor();
    let (run, is_new) = syncs::request_sync(&state, &actor, partner_account_id, dry_run).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/syncs/{}", run.id));
    let status = if is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = (status, Json(Sync::from(run))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
