use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::syncs::find_sync;

use super::Sync;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one sync
///
/// It takes a key of the platform: a partner account serves many companies.
#[utoipa::path(
    get,
    path = "/api/v1/syncs/{id}",
    tag = "Syncs",
    params(("id" = i64, Path, description = "Its id")),
    responses((status = 200, description = "The sync", body = Sync)),
)]
pub(super) async fn get_sync(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<Sync>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_sync(connection.executor(), id).await?;
    found.map(|run| Json(run.into())).ok_or_else(|| Problem::not_found("sync"))
}
