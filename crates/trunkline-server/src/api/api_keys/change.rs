use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::{Permission, Role};
use trunkline_store::api_keys::find_api_key_for_update;
use utoipa::ToSchema;

use super::{ApiKey, KeyChange, change_key};
use crate::State;
use crate::api::{Body, Checks, Id, Preconditions, tagged};
use crate::auth::Caller;
use crate::problem::{Kind, Problem};

/// What to change of a key; what is left out, and its role, scope and end, stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyChange {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it may do beyond its role, all of it. A key adds only what it may itself, and to no key that ends after it;
    /// `credentials:read` is granted on the page, by an owner.
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    permissions: Option<Vec<Permission>>,
}

/// Change a key
///
/// Its name, and what it may do with the providers. Its role, scope and end stay as they are: for others, make another key.
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
pub(super) async fn change_api_key(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
    Body(change): Body<ApiKeyChange>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let change = KeyChange { name: change.name, permissions: change.permissions };
    change.check()?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let company = caller.scope.company();
    let before = find_api_key_for_update(transaction.executor(), id, company).await?;
    let before = before.ok_or_else(|| Problem::not_found("API key"))?;
    preconditions.require(&ApiKey::from(before.clone()))?;
    let permissions = change.permissions.as_deref().unwrap_or_default();
    let added = permissions.iter().filter(|one| !before.permissions.contains(one));
    let added: Vec<Permission> = added.cloned().collect();
    if !added.is_empty() {
        refuse_more(&caller, &added, "permissions", before.expires_at)?;
    }
    let after = change_key(&state, &caller.actor(), transaction, &before, &change).await?;
    Ok(tagged(StatusCode::OK, &ApiKey::from(after)))
}

/// No key gives a key what it has not itself, nor for longer, nor what only an owner gives: no key is one.
///
/// `ending` is the field to name where the other key ends after the caller's.
pub(super) fn refuse_more(
    caller: &Caller,
    added: &[Permission],
    ending: &str,
    expires_at: Option<Timestamp>,
) -> Result<(), Problem> {
    if added.contains(&Permission::Credentials) {
        let detail = "credentials:read is granted by an owner alone, on the page of API keys; no key grants it";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    let mut checks = Checks::default();
    for permission in added.iter().filter(|one| !caller.permissions.contains(one)) {
        let message =
            format!("a key gives only what it may itself, and this one may not {permission}");
        checks.demand(false, "permissions", message);
    }
    if let Some(own) = caller.expires_at {
        let message = format!("a key gives nothing beyond its own end, which is {own}");
        checks.demand(expires_at.is_some_and(|end| end <= own), ending, message);
    }
    checks.finish()
}
