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
use crate::provisioning::{ChannelAct, act_on_channel, pin};

/// With what a number is registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    /// The number's two-step verification PIN: six digits. A number without one has this one from then on.
    #[schema(example = "012345", pattern = "^[0-9]{6}$")]
    pin: String,
    /// Whether it is done also where the number is registered already, as after a new display name.
    #[serde(default)]
    #[schema(required = false)]
    again: bool,
}

/// Register a number at Meta, so that it can send
///
/// With its two-step verification PIN, which is not kept here. Meta allows ten registrations and deregistrations in 72 hours; a
/// number that is registered already is not sent to Meta without `again`.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{id}/register",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    request_body = Registration,
    responses((status = 200, description = "The channel, as Meta describes it afterwards", body = Channel)),
)]
pub(super) async fn register_channel(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Body(given): Body<Registration>,
) -> Result<One<channels::Channel>, Problem> {
    caller.require(Role::Operator)?;
    let pin = pin(&given.pin).map_err(|field| Problem::invalid(vec![field]))?;
    let act = ChannelAct::Register { pin, again: given.again };
    Ok(One(act_on_channel(&state, caller.actor(), caller.scope, id, act).await?))
}
