use axum::Json;
use axum::extract::State as Extract;

use super::author;
use crate::api::Preconditions;
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, DefaultChange, delete};
use crate::problem::ProblemDocument;
use crate::{Problem, State};

/// Delete a partner account with its secrets, unless clients depend on it.
///
/// Clients depend on the account that they belong to; those of which that is not known, on the provider's default or else on
/// the last account in use.
#[utoipa::path(
    delete,
    path = "/api/v1/partner-accounts/{id}",
    tag = "Partner accounts",
    params(
        ("id" = i32, Path, description = "The account's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that is deleted"),
    ),
    responses(
        (status = 200, description = "It is gone; which account is the default now", body = DefaultChange),
        (status = 409, description = "Clients depend on it", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_partner_account(
    caller: Caller,
    AccountId(id): AccountId,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
) -> Result<Json<DefaultChange>, Problem> {
    let author = author(&caller)?;
    let check = |account: &AccountDocument| preconditions.check(account);
    Ok(Json(delete(&state, &author, id, check).await?))
}
