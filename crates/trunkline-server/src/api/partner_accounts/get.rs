use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::partner_accounts::find_partner_account;

use crate::api::Preconditions;
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId};
use crate::{Problem, State};

/// Get a partner account. Its `ETag` is the version that an edit names in `If-Match`.
#[utoipa::path(
    get,
    path = "/api/v1/partner-accounts/{id}",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "It is still the version of If-None-Match"),
    ),
)]
pub(super) async fn get_partner_account(
    caller: Caller,
    AccountId(id): AccountId,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_partner_account(connection.executor(), id).await?;
    let account = found.ok_or_else(|| Problem::not_found("partner account"))?;
    Ok(preconditions.answer(&AccountDocument::new(&state, &account)))
}
