//! `/api/v1/import`: the platform's connections in the partner tables: plans, runs, and decisions about conflicts.

mod companies;
mod conflicts;
mod create_task;
mod decide;
mod get;
mod get_task;
mod list_tasks;
mod stop_task;
mod withdraw;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use trunkline_core::legacy::{Choice, Conflict};
use trunkline_store::import::{self, PlannedConflict, Policy, TaskKind, TaskState};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get::get_import))
        .routes(routes!(list_tasks::list_import_tasks, create_task::create_import_task))
        .routes(routes!(get_task::get_import_task))
        .routes(routes!(stop_task::stop_import_task))
        .routes(routes!(companies::list_import_companies))
        .routes(routes!(conflicts::list_import_conflicts))
        .routes(routes!(decide::decide_import_conflict, withdraw::withdraw_import_decision))
}

/// Something that the service does for the import. One at a time is at work; it goes on after a restart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportTask {
    /// Its id.
    id: i32,
    /// What is done.
    #[schema(schema_with = kind)]
    kind: TaskKind,
    /// How it stands.
    #[schema(schema_with = state)]
    state: TaskState,
    /// Only this company's rows; null: all.
    company_id: Option<i32>,
    /// What a run does with rows that contend and about which nobody decided.
    #[schema(schema_with = policy)]
    conflict: Policy,
    /// Whether a plan asks the providers about each token.
    check_provider: bool,
    /// Whether somebody wants it to stop.
    stop_requested: bool,
    /// What is being done, as a participle.
    phase: Option<String>,
    /// So many rows of the phase are done.
    rows_done: i64,
    /// So many there are.
    rows_total: i64,
    /// Rows in a second, of a task that is being worked on.
    rows_per_second: Option<i64>,
    /// So many seconds are left of the phase, about.
    seconds_left: Option<i64>,
    /// What came of it, by kind: counts of rows, and the first hundred of those that are named.
    #[schema(schema_with = schema::optional_object)]
    result: Option<Value>,
    /// Why it could not go on.
    error: Option<String>,
    /// Who wanted it.
    requested_by: String,
    /// When.
    #[schema(schema_with = schema::timestamp)]
    requested_at: Timestamp,
    /// When it ended.
    #[schema(schema_with = schema::optional_timestamp)]
    ended_at: Option<Timestamp>,
}

impl From<import::Task> for ImportTask {
    fn from(task: import::Task) -> Self {
        let (rows_per_second, seconds_left) = task.pace().unzip();
        Self {
            id: task.id,
            kind: task.kind,
            state: task.state,
            company_id: task.company_id,
            conflict: task.policy,
            check_provider: task.asks_provider,
            stop_requested: task.stop_requested,
            phase: task.phase,
            rows_done: task.rows_done,
            rows_total: task.rows_total,
            rows_per_second,
            seconds_left,
            result: task.result,
            error: task.error,
            requested_by: task.requested_by,
            requested_at: task.requested_at,
            ended_at: task.ended_at,
        }
    }
}

/// A row that the last plan cannot take over, or about which somebody decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportConflict {
    /// Its id in the platform's `channel_connections`.
    row: i64,
    /// What is wrong.
    #[schema(schema_with = conflict)]
    conflict: Conflict,
    /// What is wrong, in a few words.
    explanation: &'static str,
    /// What to do about it on the platform.
    remedy: String,
    /// Its company.
    company_id: Option<i32>,
    /// The name of the company.
    company: Option<String>,
    /// Its type.
    channel_type: String,
    /// Its number, or the channel's id.
    label: Option<String>,
    /// The row that contends.
    rival_row: Option<i64>,
    /// The company that has it in the partner tables.
    rival_company_id: Option<i32>,
    /// When the row was changed last.
    #[schema(schema_with = schema::timestamp)]
    changed_at: Timestamp,
    /// The provider's words, where it was asked.
    detail: Option<String>,
    /// What may be decided, and what that would do.
    choices: Vec<ImportChoice>,
    /// What was decided.
    decision: Option<ImportDecision>,
}

/// Something that may be decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportChoice {
    /// The word.
    #[schema(schema_with = choice)]
    choice: Choice,
    /// What it would do.
    effect: &'static str,
}

/// What somebody decided about a conflict; every run honours it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportDecision {
    /// What.
    #[schema(schema_with = choice)]
    choice: Choice,
    /// The company that the row is taken over for, where that was decided.
    company_id: Option<i32>,
    /// Who.
    decided_by: String,
    /// When.
    #[schema(schema_with = schema::timestamp)]
    decided_at: Timestamp,
}

impl From<PlannedConflict> for ImportConflict {
    fn from(found: PlannedConflict) -> Self {
        let conflict = found.conflict;
        let choices = found.choices().iter();
        Self {
            row: found.source_row,
            conflict,
            explanation: conflict.explanation(),
            remedy: found.remedy(),
            company_id: found.company_id,
            company: found.company,
            channel_type: found.channel_type,
            label: found.label,
            rival_row: found.rival_row,
            rival_company_id: found.rival_company,
            changed_at: found.changed_at,
            detail: found.detail,
            choices: choices
                .map(|choice| ImportChoice { choice: *choice, effect: conflict.effect(*choice) })
                .collect(),
            decision: found.decided.map(|decided| ImportDecision {
                choice: decided.choice,
                company_id: decided.company_id,
                decided_by: decided.by,
                decided_at: decided.at,
            }),
        }
    }
}

fn kind() -> Object {
    schema::words("What is done", TaskKind::ALL.iter().map(|word| word.as_str()))
}

fn state() -> Object {
    schema::words("How it stands", TaskState::ALL.iter().map(|word| word.as_str()))
}

fn policy() -> Object {
    schema::words("What happens to rows that contend", Policy::ALL.iter().map(|word| word.as_str()))
}

fn conflict() -> Object {
    schema::words("What is wrong", Conflict::ALL.iter().map(|word| word.as_str()))
}

fn choice() -> Object {
    schema::words("What was decided", Choice::ALL.iter().map(|word| word.as_str()))
}
