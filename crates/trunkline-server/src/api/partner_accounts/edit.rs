use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::author;
use crate::api::{Body, Preconditions, tagged};
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, PartnerAccountEdit, edit};
use crate::problem::ProblemDocument;
use crate::{Problem, State};

/// Edit a partner account. What is left out stays, null clears; `public_profile` is replaced as a whole.
///
/// Secrets may be given here too. `base_url`, where credentials are sent, is changed by an owner on the page.
#[utoipa::path(
    patch,
    path = "/api/v1/partner-accounts/{id}",
    tag = "Partner accounts",
    params(
        ("id" = i32, Path, description = "The account's id"),
        ("If-Match" = String, Header, description = "The ETag of the version that is edited"),
    ),
    request_body = PartnerAccountEdit,
    responses(
        (status = 200, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"))),
        (status = 409, description = "Another account has this id at the provider already",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn edit_partner_account(
    caller: Caller,
    AccountId(id): AccountId,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    let check = |account: &AccountDocument| preconditions.require(account);
    let account = edit(&state, &author, id, body, check).await?;
    Ok(tagged(StatusCode::OK, &account))
}
