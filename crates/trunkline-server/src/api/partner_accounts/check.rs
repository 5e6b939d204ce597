use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use super::author;
use crate::api::tagged;
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, check};
use crate::{Problem, State};

/// Ask the provider whether a partner account works: keys, permissions, what expires and when. Nothing is
/// changed there. The findings stand in `check` until the next time; 409 where the account was edited meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/partner-accounts/{id}/check",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account with what was found, be it good or bad",
            body = AccountDocument, headers(("ETag" = String, description = "Its version"))),
    ),
)]
pub(super) async fn check_partner_account(
    caller: Caller,
    AccountId(id): AccountId,
    Extract(state): Extract<State>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    Ok(tagged(StatusCode::OK, &check(&state, &author, id).await?))
}
