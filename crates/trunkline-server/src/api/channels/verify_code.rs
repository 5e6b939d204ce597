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
use crate::provisioning::{ChannelAct, act_on_channel, code};

/// The code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeVerification {
    /// The digits that the phone got; hyphens and blanks in it do not matter.
    #[schema(example = "123-456")]
    code: String,
}

/// Tell the provider the code that a company got
///
/// Of Meta, after `request-code`; of Twilio, whose sender waits for it (`provider_status` `PENDING_VERIFICATION`).
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/verify-code",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    request_body = CodeVerification,
    responses((status = 200, description = "The channel, as the provider describes it afterwards", body = Channel)),
)]
pub(super) async fn verify_channel_code(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Body(given): Body<CodeVerification>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let code = code(&given.code).map_err(|field| Problem::invalid(vec![field]))?;
    let act = ChannelAct::VerifyCode { code };
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
