use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::provider_calls::find_call;

use super::ProviderCall;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one call that must not be made twice
#[utoipa::path(
    get,
    path = "/api/v1/provider-calls/{id}",
    tag = "Providers",
    params(("id" = i64, Path, description = "Its id")),
    responses((status = 200, description = "The call", body = ProviderCall)),
)]
pub(super) async fn get_provider_call(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<ProviderCall>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_call(connection.executor(), id).await?;
    let call = found.ok_or_else(|| Problem::not_found("call"))?;
    Ok(Json(call.into()))
}
