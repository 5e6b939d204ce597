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

/// Take the registration of a number of Meta back
///
/// The number can send no more until it is registered again. Meta allows ten registrations and deregistrations in 72 hours,
/// and none for numbers that are used in the WhatsApp Business app.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/deregister",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    responses((status = 200, description = "The channel, as Meta describes it afterwards", body = Channel)),
)]
pub(super) async fn deregister_channel(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let act = ChannelAct::Deregister;
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
