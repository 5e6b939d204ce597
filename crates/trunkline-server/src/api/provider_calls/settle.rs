use axum::Json;
use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use utoipa::ToSchema;

use super::ProviderCall;
use crate::State;
use crate::api::{Body, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::providers::{read_note, settle_call};

/// What somebody knows of a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settlement {
    /// What became of it.
    state: SettledState,
    /// How that is known, for those who read it later; 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    note: String,
}

/// What can have become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SettledState {
    /// The provider did it.
    Done,
    /// It did not.
    Failed,
}

/// Say what became of an open call
///
/// Where the provider cannot tell and somebody knows, by its web pages or by whoever would have got the code. From then on the
/// same call may be made again. It takes an operator's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/provider-calls/{id}/settle",
    tag = "Providers",
    params(("id" = i64, Path, description = "Its id")),
    request_body = Settlement,
    responses((status = 200, description = "The call", body = ProviderCall)),
)]
pub(super) async fn settle_provider_call(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
    Body(settlement): Body<Settlement>,
) -> Result<Json<ProviderCall>, Problem> {
    caller.require_platform(Role::Operator)?;
    let note = read_note(&settlement.note).map_err(|wrong| Problem::invalid(vec![wrong]))?;
    let as_done = settlement.state == SettledState::Done;
    Ok(Json(settle_call(&state, &caller.actor(), id, as_done, note).await?.into()))
}
