use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;

use super::author;
use crate::api::{Preconditions, tagged};
use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, AccountId, set_logo};
use crate::problem::Kind;
use crate::{Problem, State};

/// Upload the logo of a partner account: PNG, JPEG or WebP, 512 KiB and 4096 pixels on a side at most.
///
/// The image is decoded, made smaller where it is larger than 512 pixels, and written anew as PNG or JPEG. SVG
/// is refused, since it can carry script.
#[utoipa::path(
    put,
    path = "/api/v1/partner-accounts/{id}/logo",
    tag = "Partner accounts",
    params(
        ("id" = i32, Path, description = "The account's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version that is edited"),
    ),
    request_body(content(
        (Vec<u8> = "image/png"),
        (Vec<u8> = "image/jpeg"),
        (Vec<u8> = "image/webp"),
    )),
    responses(
        (status = 200, description = "The account", body = AccountDocument,
            headers(("ETag" = String, description = "Its version"))),
    ),
)]
pub(super) async fn put_logo(
    caller: Caller,
    AccountId(id): AccountId,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    file: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let author = author(&caller)?;
    let file = file.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Kind::TooLarge, "logo: it must have at most 512 KiB")
        }
        _ => Problem::new(Kind::Malformed, "the body broke off"),
    })?;
    let check = |account: &AccountDocument| preconditions.check(account);
    Ok(tagged(StatusCode::OK, &set_logo(&state, &author, id, file.into(), check).await?))
}
