use axum::extract::{RawPathParams, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::author;
use crate::api::{Body, Preconditions, tagged};
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, NewSecret, refuse, replace_secret};
use crate::{Problem, State};

/// Replace a secret of a partner account. `name` is one of the account's `secrets`.
///
/// It is not undone by an older version, so `If-Match` may be left out.
#[utoipa::path(
    put,
    path = "/api/v1/partner-accounts/{id}/secrets/{name}",
    tag = "Partner accounts",
    params(
        ("id" = i32, Path, description = "The account's id"),
        ("name" = String, Path, description = "As in the account's secrets", example = "app_secret"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that is edited"),
    ),
    request_body = NewSecret,
    responses(
        (status = 200, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"))),
    ),
)]
pub(super) async fn put_secret(
    caller: Caller,
    AccountId(id): AccountId,
    path: RawPathParams,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    let name = path.iter().find_map(|(name, text)| (name == "name").then_some(text));
    let value = body.remove("value").filter(Value::is_string);
    let value = value.ok_or_else(|| refuse("value", "it must be a text: the new secret"))?;
    if !body.is_empty() {
        return Err(refuse("value", "it is the only field of this body"));
    }
    let check = |account: &AccountDocument| preconditions.check(account);
    let account =
        replace_secret(&state, &author, id, name.unwrap_or_default(), value, check).await?;
    Ok(tagged(StatusCode::OK, &account))
}
