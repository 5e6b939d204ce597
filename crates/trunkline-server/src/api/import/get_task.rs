use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::import::find_task;

use super::ImportTask;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one task of the import
///
/// With how far it is. It takes an admin's key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/import/tasks/{id}",
    tag = "Import",
    params(("id" = i32, Path, description = "Its id")),
    responses((status = 200, description = "The task", body = ImportTask)),
)]
pub(super) async fn get_import_task(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<ImportTask>, Problem> {
    caller.require_platform(Role::Admin)?;
    let connection = state.store.connection().await?;
    let task = find_task(connection.executor(), id).await?;
    task.map(|task| Json(task.into())).ok_or_else(|| Problem::not_found("task"))
}
