use axum::extract::{OriginalUri, Request, State as Extract};
use axum::response::Response;
use trunkline_core::PathMethod;
use trunkline_store::QualifiedId;

use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::pass_through::{self, pass};
use crate::problem::Problem;

/// What stands in front of the provider's path.
const BEFORE: &str = "/provider/";

/// Pass a reading request on to the channel's provider
///
/// The path is the provider's own, and its ids are this channel's: `106540352242922/whatsapp_business_profile` (Meta),
/// `v1/configs/templates` (360dialog), `Accounts/AC…/Messages/SM….json` (Twilio). The provider's credentials are added, and
/// its answer comes as it is, with the header `X-Provider`; an answer without it is ours. The key needs `provider:read`, or the
/// method and the path. Of parameters those that choose and page are passed on. No redirect is followed.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/provider/{*path}",
    operation_id = "pass_get_to_provider",
    tag = "Channels",
    params(
        ("id" = String, Path, description = "The channel's id, as `meta-7`"),
        ("path" = String, Path, description = "The provider's path; it may have slashes"),
    ),
    responses(
        (status = 200, description = "What the provider answered, with its own status and type",
            headers(("X-Provider" = String, description = "Whose answer it is"))),
        (status = 400, description = "The path, or what is asked with it, is not one that is passed on"),
    ),
)]
pub(super) async fn get(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    uri: OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    answer(&state, &caller, id, PathMethod::Get, &uri, request).await
}

/// Send a message by the channel's provider, or pass another request on
///
/// The path and the body are the provider's own: `106540352242922/messages` (Meta), `messages` (360dialog),
/// `Accounts/AC…/Messages.json` (Twilio, whose `From` is the channel's number or left out). Bodies pass through, up to 110 MB, and
/// are not kept; so there is no `Idempotency-Key`. A request beyond the rate of the number is refused with 429. The key needs
/// `provider:send`, or the method and the path, and the role operator.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/provider/{*path}",
    operation_id = "pass_post_to_provider",
    tag = "Channels",
    params(
        ("id" = String, Path, description = "The channel's id, as `meta-7`"),
        ("path" = String, Path, description = "The provider's path; it may have slashes"),
    ),
    request_body(content(
        (serde_json::Value = "application/json"),
        (String = "application/x-www-form-urlencoded"),
        (String = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "What the provider answered, with its own status and type",
            headers(("X-Provider" = String, description = "Whose answer it is"))),
        (status = 400, description = "The path, or what is asked with it, is not one that is passed on"),
    ),
)]
pub(super) async fn post(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    uri: OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    answer(&state, &caller, id, PathMethod::Post, &uri, request).await
}

/// Delete a media at the channel's provider, or pass another request on
///
/// The key needs `provider:send`, or the method and the path, and the role operator.
#[utoipa::path(
    delete,
    path = "/api/v1/channels/{id}/provider/{*path}",
    operation_id = "pass_delete_to_provider",
    tag = "Channels",
    params(
        ("id" = String, Path, description = "The channel's id, as `meta-7`"),
        ("path" = String, Path, description = "The provider's path; it may have slashes"),
    ),
    responses(
        (status = 200, description = "What the provider answered, with its own status and type",
            headers(("X-Provider" = String, description = "Whose answer it is"))),
        (status = 400, description = "The path, or what is asked with it, is not one that is passed on"),
    ),
)]
pub(super) async fn delete(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    uri: OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    answer(&state, &caller, id, PathMethod::Delete, &uri, request).await
}

/// By the path as it stood in the request's line: what the router decoded may mean something else.
async fn answer(
    state: &State,
    caller: &Caller,
    id: QualifiedId,
    method: PathMethod,
    uri: &OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let path = uri.path().split_once(BEFORE).map_or("", |(_, path)| path);
    let query = uri.query().unwrap_or_default();
    let request = pass_through::Request { method, path, query, headers: parts.headers, body };
    pass(state, caller, id, request).await
}
