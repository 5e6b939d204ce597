use axum::extract::{RawPathParams, State as Extract};
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::Provider;
use trunkline_store::QualifiedId;

use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::pass_through::pass_file;
use crate::problem::{Kind, Problem};

/// Download a media of a channel
///
/// The file of a media that the channel received or uploaded, fetched with its credentials from where the provider keeps it, and
/// passed through. Meta and 360dialog; at Twilio a media is a path of the provider's. The key needs `provider:read`.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/media/{media_id}",
    tag = "Channels",
    params(
        ("id" = String, Path, description = "The channel's id, as `meta-7`"),
        ("media_id" = String, Path, description = "The provider's id of the media, digits"),
        ("Range" = Option<String>, Header, description = "A part of the file"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream",
            headers(("X-Provider" = String, description = "Whose answer it is"))),
    ),
)]
pub(super) async fn get_channel_media(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    parameters: RawPathParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let media = parameters.iter().find(|(name, _)| *name == "media_id").map_or("", |(_, id)| id);
    let is_id = (1..=40).contains(&media.len()) && media.bytes().all(|byte| byte.is_ascii_digit());
    if !is_id {
        return Err(Problem::not_found("media: its id is digits"));
    }
    if id.provider == Provider::Twilio {
        let detail = "Twilio's media have paths of their own: …/provider/Accounts/{account}/Messages/{message}/Media/{media}";
        return Err(Problem::new(Kind::NotFound, detail));
    }
    pass_file(&state, &caller, id, media, &headers).await
}
