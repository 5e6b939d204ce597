use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::QualifiedId;
use trunkline_store::channels;
use utoipa::ToSchema;

use super::Channel;
use crate::State;
use crate::api::{Body, Id, One};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::provisioning::{ChannelAct, act_on_channel, language, method};

/// How the code is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// `sms`, which is usual, or `voice`.
    #[serde(default)]
    #[schema(required = false, example = "sms", pattern = "^(sms|voice)?$")]
    method: String,
    /// In which language: `en_US`, which is usual, or another.
    #[serde(default)]
    #[schema(required = false, example = "en_US", pattern = "^([a-z]{2,3}(_[A-Z]{2})?)?$")]
    language: String,
}

/// Have Meta send a company the code that shows whose a number is
///
/// By text or by a call, to the number itself. Twilio sends its code by itself.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/request-code",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    request_body = CodeRequest,
    responses((status = 200, description = "The channel; the code is on its way", body = Channel)),
)]
pub(super) async fn request_channel_code(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Body(request): Body<CodeRequest>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let mut wrong = Vec::new();
    let method = method(&request.method).map_err(|field| wrong.push(field));
    let language = language(&request.language).map_err(|field| wrong.push(field));
    let (Ok(method), Ok(language)) = (method, language) else {
        return Err(Problem::invalid(wrong));
    };
    let act = ChannelAct::RequestCode { method, language };
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
