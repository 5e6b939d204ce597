use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::{info, warn};
use trunkline_migrate::Interrupt;
use trunkline_store::StoreError;
use trunkline_store::import::{
    Finding, Platform, RunOptions, RunReport, SourceRow, Survey, Task, TaskKind, TaskState,
    UndoReport, Undoing, claim_task, end_task, note_progress, release_task, run, survey, undo,
    verify,
};

use super::plan;
use super::progress::{Gauge, watch_over};
use crate::State;
use crate::problem::{Kind, Problem};

/// How often it is looked whether there is something to do.
const OFTEN: Duration = Duration::from_secs(2);

/// And after it went wrong, as before the tables are there.
const SELDOM: Duration = Duration::from_secs(10);

/// A run rests while more sessions of others than that are at work, as the command does.
const BUSY: u32 = 16;

/// So many rows are named in a result; all of them are counted.
const NAMED: usize = 100;

/// Works on what is put up for the import, until it is told to stop; a task that is not finished then is left to the
/// next process. Every process of the service does so, and each task is worked on by one of them.
pub async fn keep_importing(state: State, stop: Interrupt) {
    while !stop.is_requested() {
        let rest = match import_once(&state, &stop).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => OFTEN,
            Err(problem) => {
                warn!(?problem, "tasks of the import could not be worked on; tried again");
                SELDOM
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = stop.requested() => {}
        }
    }
}

/// Works on the task that is up, if there is one, until it ends or `stop` is requested; `false` if there was none.
pub async fn import_once(state: &State, stop: &Interrupt) -> Result<bool, Problem> {
    let task = {
        let connection = state.store.connection().await?;
        claim_task(connection.executor()).await?
    };
    let Some(task) = task else { return Ok(false) };
    info!(task = task.id, kind = task.kind.as_str(), "a task of the import begins");
    let (ask, asked) = watch::channel(task.stop_requested || stop.is_requested());
    let (gauge, interrupt) = (Gauge::new(), Interrupt::new(asked));
    let done = tokio::select! {
        done = Box::pin(perform(state, &task, &gauge, &interrupt)) => done,
        () = watch_over(state, &task, &gauge, stop, &ask) => unreachable!("it watches until the task ends"),
    };
    end(state, &task, &gauge, done, stop).await?;
    Ok(true)
}

/// `None`: it was asked to stop.
async fn perform(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<Value>, Problem> {
    match task.kind {
        TaskKind::Plan => plan::make(state, task, gauge, interrupt).await,
        TaskKind::Run => take_over(state, task, gauge, interrupt).await,
        TaskKind::Verify => compare(state, task, gauge, interrupt).await,
        TaskKind::Undo => take_back(state, task, gauge, interrupt).await,
    }
}

async fn end(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    done: Result<Option<Value>, Problem>,
    stop: &Interrupt,
) -> Result<(), Problem> {
    let connection = state.store.connection().await?;
    let (executor, now) = (connection.executor(), state.clock.now());
    note_progress(executor, task, gauge.get()).await?;
    let ended = match done {
        Ok(Some(result)) => {
            end_task(executor, task, TaskState::Done, Some(&result), None, now).await?
        }
        // The service ends, and nobody stopped the task itself.
        Ok(None) if stop.is_requested() => {
            release_task(executor, task).await?;
            false
        }
        Ok(None) => end_task(executor, task, TaskState::Stopped, None, None, now).await?,
        // The database is away for a moment: what was committed stands, and the task goes on.
        Err(problem) if problem.kind == Kind::Unavailable => {
            release_task(executor, task).await?;
            return Err(problem);
        }
        Err(problem) => {
            // Admins alone see it, and what the database says holds no row.
            let words = problem.cause.as_deref().unwrap_or(&problem.detail);
            warn!(task = task.id, reason = words, "a task of the import failed");
            end_task(executor, task, TaskState::Failed, None, Some(words), now).await?
        }
    };
    info!(task = task.id, ended, "a task of the import was worked on");
    Ok(())
}

/// The rows that contend, and the platform's tables.
async fn look(
    state: &State,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<(Platform, Survey)>, StoreError> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let platform = Platform::inspect(executor).await?;
    let total = platform.count(executor).await?;
    let mut progress = |rows| gauge.set("reading", rows, total);
    let surveyed = survey(executor, &platform, interrupt, &mut progress).await?;
    Ok(surveyed.map(|survey| (platform, survey)))
}

async fn take_over(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<Value>, Problem> {
    let Some((platform, survey)) = look(state, gauge, interrupt).await? else { return Ok(None) };
    let options =
        RunOptions { company: task.company_id, limit: None, policy: task.policy, busy: Some(BUSY) };
    gauge.set("importing", 0, survey.rows);
    let mut progress =
        |report: &RunReport, _: &[_]| gauge.set("importing", report.rows, survey.rows);
    let (store, keys) = (&state.store, &state.keys);
    let done = run(store, &platform, &survey, keys, options, interrupt, &mut progress).await?;
    Ok((!done.is_interrupted).then(|| {
        json!({
            "rows": done.rows,
            "created": done.created,
            "updated": done.updated,
            "already_there": done.already_there,
            "conflict": done.conflicts,
            "left_out": done.left_out,
            "rested_ms": u64::try_from(done.rested.as_millis()).unwrap_or(u64::MAX),
        })
    }))
}

async fn compare(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<Value>, Problem> {
    let Some((platform, survey)) = look(state, gauge, interrupt).await? else { return Ok(None) };
    let mut compared = Compared::default();
    let mut show = |row: &SourceRow, finding: Finding| {
        compared.add(row, finding);
        if compared.rows.is_multiple_of(500) {
            gauge.set("comparing", compared.rows, survey.rows);
        }
    };
    let connection = state.store.connection().await?;
    let (executor, keys) = (connection.executor(), Some(&*state.keys));
    let verified =
        verify(executor, &platform, &survey, keys, task.company_id, interrupt, &mut show).await?;
    compared.source_gone = verified.source_gone;
    Ok((!verified.is_interrupted).then(|| json!(compared)))
}

/// What a comparison found.
#[derive(Default, Serialize)]
struct Compared {
    rows: u64,
    same: u64,
    different: u64,
    missing: u64,
    conflict: u64,
    /// The first that are not as they should be.
    differences: Vec<Value>,
    source_gone: Vec<i64>,
}

impl Compared {
    fn add(&mut self, row: &SourceRow, finding: Finding) {
        self.rows += 1;
        *match finding {
            Finding::Same { .. } => &mut self.same,
            Finding::Different { .. } => &mut self.different,
            Finding::Missing { .. } => &mut self.missing,
            Finding::Conflict(_) => &mut self.conflict,
        } += 1;
        if let Some(word) = finding.word()
            && self.differences.len() < NAMED
        {
            let found = json!({ "row": row.id, "company_id": row.company_id, "finding": word });
            self.differences.push(found);
        }
    }
}

async fn take_back(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<Value>, Problem> {
    let (platform, total) = {
        let connection = state.store.connection().await?;
        let platform = Platform::inspect(connection.executor()).await?;
        let total = platform.count(connection.executor()).await?;
        (platform, total)
    };
    let (source, company) = (platform.source(), task.company_id);
    let undoing = Undoing { source, company, ..Undoing::default() };
    let mut progress = |report: &UndoReport| {
        gauge.set("deleting", report.channels + report.forgotten, total);
    };
    let done = undo(&state.store, undoing, interrupt, &mut progress).await?;
    Ok((!done.is_interrupted).then(|| {
        json!({
            "channels": done.channels,
            "clients": done.clients,
            "forgotten": done.forgotten,
            "kept": done.kept.len(),
            "kept_rows": done.kept.iter().take(NAMED).collect::<Vec<_>>(),
        })
    }))
}
