use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::QualifiedId;
use trunkline_store::channels;

use super::Channel;
use crate::State;
use crate::api::{Id, One};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::provisioning::{ChannelAct, act_on_channel};

/// Make a new API key for a channel of 360dialog
///
/// It ends every earlier key of the channel at once, and is kept sealed; nobody is shown it (`GET …/credentials` tells it to a
/// key that may). If 360dialog does not say whether it made one, the call stays open (`GET /api/v1/provider-calls`), and is not
/// made again until that is known.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/rotate-api-key",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `360dialog-12`")),
    responses((status = 200, description = "The channel, whose new key is kept", body = Channel)),
)]
pub(super) async fn rotate_channel_api_key(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let act = ChannelAct::RotateApiKey;
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
