use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_core::Role;

use crate::auth::Caller;
use crate::partner_accounts::{AccountId, serve_logo};
use crate::{Problem, State};

/// Get the uploaded logo of a partner account.
#[utoipa::path(
    get,
    path = "/api/v1/partner-accounts/{id}/logo",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The image", content(
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/jpeg"),
        )),
    ),
)]
pub(super) async fn get_logo(
    caller: Caller,
    AccountId(id): AccountId,
    Extract(state): Extract<State>,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Viewer)?;
    serve_logo(&state, id).await
}
