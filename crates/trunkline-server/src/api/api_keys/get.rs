use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::api_keys::find_api_key_by_id;

use super::ApiKey;
use crate::State;
use crate::api::{Id, Preconditions};
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one key
///
/// Without the key itself.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys/{id}",
    tag = "API keys",
    params(
        ("id" = i32, Path, description = "Its id"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag that you have"),
    ),
    responses(
        (status = 200, description = "The key", body = ApiKey,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "As you have it"),
    ),
)]
pub(super) async fn get_api_key(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let connection = state.store.connection().await?;
    let found = find_api_key_by_id(connection.executor(), id, caller.scope.company()).await?;
    let key = found.ok_or_else(|| Problem::not_found("API key"))?;
    Ok(preconditions.answer(&ApiKey::from(key)))
}
