use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::api_keys::find_api_key_for_update;
use utoipa::ToSchema;

use super::act::check_name;
use super::{ApiKey, rename_key};
use crate::State;
use crate::api::{Body, Id, Preconditions, tagged};
use crate::auth::Caller;
use crate::problem::Problem;

/// What to change of a key; its role, scope and end stay as they are: make another one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyChange {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Rename a key
///
/// Its role, scope and end stay as they are: for others, make another key.
#[utoipa::path(
    patch,
    path = "/api/v1/api-keys/{id}",
    tag = "API keys",
    params(
        ("id" = i32, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of the version that you edit, or *"),
    ),
    request_body = ApiKeyChange,
    responses((status = 200, description = "The key as it is now", body = ApiKey,
        headers(("ETag" = String, description = "Its version")))),
)]
pub(super) async fn rename_api_key(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
    Body(change): Body<ApiKeyChange>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    check_name(&change.name)?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let company = caller.scope.company();
    let before = find_api_key_for_update(transaction.executor(), id, company).await?;
    let before = before.ok_or_else(|| Problem::not_found("API key"))?;
    preconditions.require(&ApiKey::from(before.clone()))?;
    let after = rename_key(&state, &caller.actor(), transaction, &before, &change.name).await?;
    Ok(tagged(StatusCode::OK, &ApiKey::from(after)))
}
