use axum::extract::State as Extract;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};

use super::author;
use crate::api::{Body, tagged};
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, NewPartnerAccount, create};
use crate::problem::ProblemDocument;
use crate::{Problem, State};

/// Add a partner account. The first one in use of a provider becomes its default.
///
/// The fields are those of the provider, in its own words; secrets are stored encrypted, and never
/// answered.
#[utoipa::path(
    post,
    path = "/api/v1/partner-accounts",
    tag = "Partner accounts",
    request_body = NewPartnerAccount,
    responses(
        (status = 201, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"), ("Location" = String))),
        (status = 409, description = "There is an account with this id at the provider already",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create_partner_account(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    let account = create(&state, &author, body).await?;
    let mut response = tagged(StatusCode::CREATED, &account);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/partner-accounts/{}", account.id))
    {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
