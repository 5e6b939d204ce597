use axum::extract::State as Extract;
use axum::http::StatusCode;
use trunkline_core::Role;
use trunkline_store::api_keys::find_api_key_for_update;

use super::{ApiKey, revoke_key};
use crate::State;
use crate::api::{Id, Preconditions};
use crate::auth::Caller;
use crate::problem::Problem;

/// Revoke a key
///
/// For good; it stays in the list. Revoking it again changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{id}",
    tag = "API keys",
    params(
        ("id" = i32, Path, description = "Its id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that you mean"),
    ),
    responses((status = 204, description = "It lets nobody in any more")),
)]
pub(super) async fn revoke_api_key(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    caller.require(Role::Admin)?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let company = caller.scope.company();
    let found = find_api_key_for_update(transaction.executor(), id, company).await?;
    let key = found.ok_or_else(|| Problem::not_found("API key"))?;
    preconditions.check(&ApiKey::from(key.clone()))?;
    revoke_key(&state, &caller.actor(), transaction, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
