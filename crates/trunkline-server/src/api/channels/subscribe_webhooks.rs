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

/// Have the provider send us what a channel receives
///
/// Meta: our app is subscribed to the number's WhatsApp Business Account. 360dialog: the number's own webhook is set, with the
/// partner account's custom header. Twilio: the sender's addresses for messages and statuses. Done again it changes nothing more.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/subscribe-webhooks",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    responses((status = 200, description = "The channel, as its provider describes it afterwards", body = Channel)),
)]
pub(super) async fn subscribe_channel_webhooks(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let act = ChannelAct::SubscribeWebhooks;
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
