use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use trunkline_core::Role;
use trunkline_store::import::{Policy, Task, TaskKind, TaskState};

use crate::State;
use crate::admin::form::Form;
use crate::admin::{PageProblem, Time, redirect_with_toast};
use crate::api::Id;
use crate::auth::Administrator;
use crate::import::{put_up_task, stop_task};
use crate::problem::{Kind, Problem};

/// A task as a page shows it.
pub(super) struct Shown {
    pub(super) id: i32,
    pub(super) title: &'static str,
    pub(super) is_open: bool,
    pub(super) is_stopping: bool,
    pub(super) tone: &'static str,
    pub(super) state: &'static str,
    /// "importing 5000 of 12000 rows, 2500 a second, 3 s left".
    pub(super) progress: String,
    pub(super) done: i64,
    pub(super) total: i64,
    /// What came of it, each with its number.
    pub(super) results: Vec<(&'static str, String)>,
    /// Rows that are not as they should be.
    pub(super) named: Vec<String>,
    pub(super) error: String,
    pub(super) by: String,
    pub(super) at: Time,
}

impl From<&Task> for Shown {
    fn from(task: &Task) -> Self {
        let (tone, state) = match task.state {
            TaskState::Waiting => ("info", "Waiting for its turn"),
            TaskState::Working => ("info", "At work"),
            TaskState::Done => ("good", "Done"),
            TaskState::Stopped => ("off", "Stopped; the same again goes on"),
            TaskState::Failed => ("bad", "Failed"),
        };
        let result = task.result.as_ref();
        Self {
            id: task.id,
            title: title(task.kind),
            is_open: task.ended_at.is_none(),
            is_stopping: task.stop_requested,
            tone,
            state,
            progress: progress(task),
            done: task.rows_done,
            total: task.rows_total.max(1),
            results: result.map(|result| results(task.kind, result)).unwrap_or_default(),
            named: result.map(named).unwrap_or_default(),
            error: task.error.clone().unwrap_or_default(),
            by: task.requested_by.clone(),
            at: task.ended_at.unwrap_or(task.requested_at).into(),
        }
    }
}

const fn title(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Plan => "Plan",
        TaskKind::Run => "Import",
        TaskKind::Verify => "Comparison",
        TaskKind::Undo => "Undoing",
    }
}

fn progress(task: &Task) -> String {
    let Some(phase) = &task.phase else { return "not begun yet".to_owned() };
    let rows = format!("{phase} {} of {} rows", task.rows_done, task.rows_total);
    match task.pace() {
        Some((rate, left)) => format!("{rows}, {rate} a second, {} left", time(left)),
        None => rows,
    }
}

fn time(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A number of a result.
pub(super) fn number(result: &Value, name: &str) -> i64 {
    result.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn results(kind: TaskKind, result: &Value) -> Vec<(&'static str, String)> {
    let names: &[(&'static str, &str)] = match kind {
        // The plan has a part of the page to itself.
        TaskKind::Plan => &[],
        TaskKind::Run => &[
            ("Created", "created"),
            ("Updated", "updated"),
            ("Already there", "already_there"),
            ("Conflicts", "conflict"),
            ("Left out", "left_out"),
        ],
        TaskKind::Verify => &[
            ("Rows", "rows"),
            ("As imported", "same"),
            ("Different", "different"),
            ("Missing", "missing"),
            ("Conflicts", "conflict"),
        ],
        TaskKind::Undo => &[
            ("Channels deleted", "channels"),
            ("Clients deleted", "clients"),
            ("Records forgotten", "forgotten"),
            ("Kept", "kept"),
        ],
    };
    names.iter().map(|(title, name)| (*title, number(result, name).to_string())).collect()
}

/// Rows that a comparison found different, or that an undoing kept.
fn named(result: &Value) -> Vec<String> {
    let list = |name: &str| result.get(name).and_then(Value::as_array).into_iter().flatten();
    let word = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().replace('_', " ")
    };
    let different = list("differences")
        .map(|found| format!("row {}: {}", number(found, "row"), word(found, "finding")));
    let gone = list("source_gone")
        .map(|row| format!("row {row}: imported, and gone from channel_connections"));
    let kept = list("kept_rows")
        .map(|kept| format!("row {}: {}", number(kept, "source_row"), word(kept, "reason")));
    different.chain(gone).chain(kept).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    kind: String,
    conflict: String,
    check_provider: bool,
}

/// Puts a task up: a plan, a run or a comparison. What deletes is asked about on a page of its own.
pub(super) async fn put_up(
    administrator: Administrator,
    Extract(state): Extract<State>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let kind: Option<TaskKind> = wanted.kind.parse().ok();
    let kind = kind
        .filter(|kind| *kind != TaskKind::Undo)
        .ok_or_else(|| Problem::new(Kind::Malformed, "there is no such task"))?;
    let policy: Policy = wanted.conflict.parse().unwrap_or_default();
    let ask = wanted.check_provider && kind == TaskKind::Plan;
    put_up_task(&state, &administrator.actor(), kind, None, policy, ask).await?;
    Ok(redirect_with_toast("/admin/import", &format!("{} is put up", title(kind))))
}

/// Stops a task after the batch at hand.
pub(super) async fn stop(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let task = stop_task(&state, &administrator.actor(), id).await?;
    let toast = if task.ended_at.is_some() {
        format!("{} had ended", title(task.kind))
    } else {
        format!("{} stops after the batch at hand", title(task.kind))
    };
    Ok(redirect_with_toast("/admin/import", &toast))
}
