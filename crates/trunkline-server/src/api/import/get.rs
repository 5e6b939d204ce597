use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use trunkline_core::Role;
use utoipa::ToSchema;

use super::ImportTask;
use crate::State;
use crate::auth::Caller;
use crate::import::latest;
use crate::problem::Problem;

/// How the import stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    /// The last task, which may be at work.
    task: Option<ImportTask>,
    /// The last plan that came to its end; `companies` and `conflicts` are of it.
    plan: Option<ImportTask>,
}

/// Show how the import stands
///
/// It takes an admin's key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/import",
    tag = "Import",
    responses((status = 200, description = "The last task and the last plan", body = Import)),
)]
pub(super) async fn get_import(
    caller: Caller,
    Extract(state): Extract<State>,
) -> Result<Json<Import>, Problem> {
    caller.require_platform(Role::Admin)?;
    let latest = latest(&state).await?;
    Ok(Json(Import { task: latest.task.map(Into::into), plan: latest.plan.map(Into::into) }))
}
