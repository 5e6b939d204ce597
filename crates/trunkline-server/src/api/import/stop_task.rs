use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;

use super::ImportTask;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::import;
use crate::problem::Problem;

/// Stop a task of the import
///
/// After the batch at hand; what was written stands, and the same task again goes on. One that has ended stays as it is. It takes an admin's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/import/tasks/{id}/stop",
    tag = "Import",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "The task, which will stop", body = ImportTask)),
)]
pub(super) async fn stop_import_task(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<ImportTask>, Problem> {
    caller.require_platform(Role::Admin)?;
    Ok(Json(import::stop_task(&state, &caller.actor(), id).await?.into()))
}
