use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::import::{Policy, TaskKind};
use utoipa::ToSchema;

use super::{ImportTask, kind, policy};
use crate::State;
use crate::api::Body;
use crate::auth::Caller;
use crate::import::put_up_task;
use crate::problem::{FieldProblem, Problem};

/// What the service is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImportTask {
    /// What.
    #[schema(schema_with = kind)]
    kind: TaskKind,
    /// Only this company's rows.
    #[serde(default)]
    company_id: Option<i32>,
    /// What happens to rows that contend and about which nobody decided: none of them is taken, or the one that was changed last. Of plans and runs.
    #[serde(default)]
    #[schema(schema_with = policy, required = false)]
    conflict: Policy,
    /// Ask the providers about each token, within the rate budgets of the partner accounts. Of plans.
    #[serde(default)]
    #[schema(required = false)]
    check_provider: bool,
}

/// Put a task of the import up
///
/// The service works on it in the background; refused while another one has not ended. `undo` deletes what an import made and nobody changed since. It takes an admin's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/import/tasks",
    tag = "Import",
    request_body = NewImportTask,
    responses((status = 202, description = "It is put up", body = ImportTask)),
)]
pub(super) async fn create_import_task(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(new): Body<NewImportTask>,
) -> Result<(StatusCode, Json<ImportTask>), Problem> {
    caller.require_platform(Role::Admin)?;
    if new.check_provider && new.kind != TaskKind::Plan {
        let (field, message) = ("check_provider".to_owned(), "only a plan asks".to_owned());
        return Err(Problem::invalid(vec![FieldProblem { field, message }]));
    }
    let (actor, ask) = (caller.actor(), new.check_provider);
    let task = put_up_task(&state, &actor, new.kind, new.company_id, new.conflict, ask).await?;
    Ok((StatusCode::ACCEPTED, Json(task.into())))
}
