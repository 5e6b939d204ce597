use axum::extract::State as Extract;
use trunkline_store::QualifiedId;
use trunkline_store::channels;

use super::{Channel, open};
use crate::State;
use crate::api::{Id, One};
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one channel.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}",
    tag = "Channels",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    responses((status = 200, description = "The channel", body = Channel)),
)]
pub(super) async fn get_channel(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<One<channels::Channel>, Problem> {
    let (_, channel) = open(&caller, &state, id).await?;
    Ok(One(channel))
}
