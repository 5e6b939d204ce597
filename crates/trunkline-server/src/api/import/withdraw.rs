use axum::Json;
use axum::extract::State as Extract;
use trunkline_core::Role;

use super::ImportConflict;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::import::withdraw_decision;
use crate::problem::Problem;

/// Take a decision back
///
/// What was imported by it stands. It takes an admin's key of the platform.
#[utoipa::path(
    delete,
    path = "/api/v1/import/conflicts/{row}/decision",
    tag = "Import",
    params(("row" = i64, Path, description = "The row of `channel_connections`")),
    responses((status = 200, description = "The conflict, which is open again", body = ImportConflict)),
)]
pub(super) async fn withdraw_import_decision(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(row): Id<i64>,
) -> Result<Json<ImportConflict>, Problem> {
    caller.require_platform(Role::Admin)?;
    Ok(Json(withdraw_decision(&state, &caller.actor(), row).await?.into()))
}
