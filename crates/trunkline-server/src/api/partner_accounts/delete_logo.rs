use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use super::author;
use crate::api::{Preconditions, tagged};
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, remove_logo};
use crate::{Problem, State};

/// Take the uploaded logo of a partner account away; `public_profile.logo_url` holds again, if there is one.
#[utoipa::path(
    delete,
    path = "/api/v1/partner-accounts/{id}/logo",
    tag = "Partner accounts",
    params(
        ("id" = i32, Path, description = "The account's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that is edited"),
    ),
    responses(
        (status = 200, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"))),
    ),
)]
pub(super) async fn delete_logo(
    caller: Caller,
    AccountId(id): AccountId,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    let check = |account: &AccountDocument| preconditions.check(account);
    Ok(tagged(StatusCode::OK, &remove_logo(&state, &author, id, check).await?))
}
