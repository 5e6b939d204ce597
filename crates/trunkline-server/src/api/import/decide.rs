use axum::Json;
use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::legacy::Choice;
use utoipa::ToSchema;

use super::{ImportConflict, choice};
use crate::State;
use crate::api::{Body, Id};
use crate::auth::Caller;
use crate::import::decide_conflict;
use crate::problem::Problem;

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImportDecision {
    /// One of the conflict's `choices`.
    #[schema(schema_with = choice)]
    choice: Choice,
    /// The company that the row is taken over for: with `assign`.
    #[serde(default)]
    company_id: Option<i32>,
}

/// Decide about a conflict
///
/// Every run honours it, of the service and of the command line, until the row has another conflict or none. It takes an admin's key of the platform.
#[utoipa::path(
    put,
    path = "/api/v1/import/conflicts/{row}/decision",
    tag = "Import",
    params(("row" = i64, Path, description = "The row of `channel_connections`")),
    request_body = NewImportDecision,
    responses((status = 200, description = "The conflict, decided", body = ImportConflict)),
)]
pub(super) async fn decide_import_conflict(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(row): Id<i64>,
    Body(new): Body<NewImportDecision>,
) -> Result<Json<ImportConflict>, Problem> {
    caller.require_platform(Role::Admin)?;
    let decided = decide_conflict(&state, &caller.actor(), row, new.choice, new.company_id).await?;
    Ok(Json(decided.into()))
}
