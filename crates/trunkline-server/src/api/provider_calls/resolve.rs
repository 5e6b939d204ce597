use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;

use super::ProviderCall;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::providers::resolve_call;

/// Ask the provider what became of an open call
///
/// By reading, never by making it again; the service does so by itself every five minutes. A call that was begun less than two
/// minutes ago may still be under way (409). `unknown`: the provider cannot tell. It takes an operator's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/provider-calls/{id}/resolve",
    tag = "Providers",
    params(("id" = i64, Path, description = "Its id")),
    responses((status = 200, description = "The call, as far as it is known", body = ProviderCall)),
)]
pub(super) async fn resolve_provider_call(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<ProviderCall>, Problem> {
    caller.require_platform(Role::Operator)?;
    Ok(Json(resolve_call(&state, &caller.actor(), id).await?.into()))
}
