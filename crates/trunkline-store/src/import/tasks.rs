//! What the service does for the import, one task at a time: whoever works on it is heard of, and another process
//! takes over after half a minute of silence.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::Policy;
use crate::row::{word, words};
use crate::{Executor, StoreError};

words! {
    /// What is done.
    TaskKind {
        /// What a run would do is found out and stored.
        Plan = "plan",
        /// Connections are taken over.
        Run = "run",
        /// Every row is compared with what was made of it.
        Verify = "verify",
        /// What was imported and not changed since is deleted.
        Undo = "undo",
    }
}

words! {
    /// How a task stands.
    TaskState {
        /// No process works on it yet.
        Waiting = "waiting",
        /// One does.
        Working = "working",
        /// It came to its end.
        Done = "done",
        /// Somebody stopped it; what was written stands.
        Stopped = "stopped",
        /// It could not go on.
        Failed = "failed",
    }
}

/// Something that the service does for the import.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: i32,
    /// What is done.
    pub kind: TaskKind,
    /// How it stands.
    pub state: TaskState,
    /// Only this company's rows.
    pub company_id: Option<i32>,
    /// What a run does with rows that contend.
    pub policy: Policy,
    /// A plan asks the providers about each token.
    pub asks_provider: bool,
    /// Somebody wants it to stop.
    pub stop_requested: bool,
    /// What is being done, as a participle.
    pub phase: Option<String>,
    /// So many rows of it are done.
    pub rows_done: i64,
    /// So many there are.
    pub rows_total: i64,
    /// When the phase began.
    pub phase_began_at: Option<Timestamp>,
    /// When the process that works on it was last heard of.
    pub heard_at: Option<Timestamp>,
    /// How many processes took it on.
    pub attempts: i32,
    /// What came of it.
    pub result: Option<Value>,
    /// Why it could not go on.
    pub error: Option<String>,
    /// Who wanted it.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Task {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            kind: word(row, "kind")?,
            state: word(row, "state")?,
            company_id: row.get("company_id"),
            policy: word(row, "policy")?,
            asks_provider: row.get("asks_provider"),
            stop_requested: row.get("stop_requested"),
            phase: row.get("phase"),
            rows_done: row.get("rows_done"),
            rows_total: row.get("rows_total"),
            phase_began_at: row.get("phase_began_at"),
            heard_at: row.get("heard_at"),
            attempts: row.get("attempts"),
            result: row.get("result"),
            error: row.get("error"),
            requested_by: row.get("requested_by"),
            requested_at: row.get("requested_at"),
            ended_at: row.get("ended_at"),
        })
    }

    /// Rows in a second, and how many seconds are left, of one that is being worked on.
    pub fn pace(&self) -> Option<(i64, i64)> {
        let (began, heard) = (self.phase_began_at?, self.heard_at?);
        let milliseconds = heard.duration_since(began).as_millis().max(1);
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        let rate = self.rows_done.saturating_mul(1000) / milliseconds;
        let left = (self.rows_total - self.rows_done).max(0);
        (self.state == TaskState::Working && rate > 0).then(|| (rate, left / rate))
    }
}

/// A task that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// What is to be done.
    pub kind: TaskKind,
    /// Only this company's rows.
    pub company_id: Option<i32>,
    /// What a run does with rows that contend.
    pub policy: Policy,
    /// A plan asks the providers about each token.
    pub asks_provider: bool,
    /// Who wants it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Everything of a task.
macro_rules! columns {
    () => {
        "id, kind, state, company_id, policy, asks_provider, stop_requested, phase, rows_done, rows_total,
            phase_began_at, heard_at, attempts, result, error, requested_by, requested_at, ended_at"
    };
}

/// Puts a task up; `None` while there is one that has not ended.
pub async fn insert_task(
    executor: Executor<'_>,
    new: &NewTask<'_>,
) -> Result<Option<i32>, StoreError> {
    let query = "
        INSERT INTO trunkline.import_tasks (kind, company_id, policy, asks_provider, requested_by, requested_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        RETURNING id";
    let NewTask { kind, company_id, policy, asks_provider, by, at } = new;
    let (kind, policy) = (kind.as_str(), policy.as_str());
    let row = executor
        .row("put a task up", query, &[&kind, company_id, &policy, asks_provider, by, at])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The task with this id.
pub async fn find_task(executor: Executor<'_>, id: i32) -> Result<Option<Task>, StoreError> {
    let query = concat!("SELECT ", columns!(), " FROM trunkline.import_tasks WHERE id = $1");
    let row = executor.row("look for a task", query, &[&id]).await?;
    row.as_ref().map(Task::read).transpose()
}

/// The last tasks, the newest first.
pub async fn list_tasks(
    executor: Executor<'_>,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<Task>, StoreError> {
    let query = concat!(
        "
        SELECT ",
        columns!(),
        "
        FROM trunkline.import_tasks
        WHERE id < $1
        ORDER BY id DESC
        LIMIT $2"
    );
    let rows = executor.rows("list tasks", query, &[&after.unwrap_or(i32::MAX), &limit]).await?;
    rows.iter().map(Task::read).collect()
}

/// The last task of this kind that came to its end.
pub async fn find_last_done(
    executor: Executor<'_>,
    kind: TaskKind,
) -> Result<Option<Task>, StoreError> {
    let query = concat!(
        "
        SELECT ",
        columns!(),
        "
        FROM trunkline.import_tasks
        WHERE kind = $1 AND state = 'done'
        ORDER BY id DESC
        LIMIT 1"
    );
    let row = executor.row("look for the last task of a kind", query, &[&kind.as_str()]).await?;
    row.as_ref().map(Task::read).transpose()
}

/// Asks for a task to stop; `false` if it has ended.
pub async fn request_stop(executor: Executor<'_>, id: i32) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.import_tasks
        SET stop_requested = true
        WHERE id = $1 AND ended_at IS NULL";
    Ok(executor.execute("ask for a task to stop", query, &[&id]).await? > 0)
}

/// Takes on the task that nobody works on, if there is one.
pub async fn claim_task(executor: Executor<'_>) -> Result<Option<Task>, StoreError> {
    let query = concat!(
        "
        UPDATE trunkline.import_tasks
        SET state = 'working',
            phase = NULL,
            rows_done = 0,
            heard_at = clock_timestamp(),
            attempts = attempts + 1
        WHERE id = (
            SELECT id
            FROM trunkline.import_tasks
            WHERE ended_at IS NULL AND (state = 'waiting' OR heard_at < clock_timestamp() - '30 seconds'::INTERVAL)
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        RETURNING ",
        columns!()
    );
    let row = executor.row("take on a task", query, &[]).await?;
    row.as_ref().map(Task::read).transpose()
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskProgress {
    /// What is being done, as a participle.
    pub phase: &'static str,
    /// So many rows of it are done.
    pub rows: u64,
    /// So many there are.
    pub of: u64,
}

/// Says how far a task is; `true` if it is to stop: somebody asked for it, or another process took it over.
pub async fn note_progress(
    executor: Executor<'_>,
    task: &Task,
    progress: TaskProgress,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.import_tasks
        SET phase_began_at = CASE WHEN phase = $3 THEN phase_began_at ELSE clock_timestamp() END,
            phase = $3,
            rows_done = $4,
            rows_total = $5,
            heard_at = clock_timestamp()
        WHERE id = $1 AND attempts = $2 AND ended_at IS NULL
        RETURNING stop_requested";
    let (rows, of) = (progress.rows.cast_signed(), progress.of.cast_signed());
    let row = executor
        .row(
            "say how far a task is",
            query,
            &[&task.id, &task.attempts, &progress.phase, &rows, &of],
        )
        .await?;
    Ok(row.is_none_or(|row| row.get(0)))
}

/// Ends a task, unless another process took it over.
pub async fn end_task(
    executor: Executor<'_>,
    task: &Task,
    state: TaskState,
    result: Option<&Value>,
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.import_tasks
        SET state = $3,
            result = $4,
            error = $5,
            ended_at = $6
        WHERE id = $1 AND attempts = $2 AND ended_at IS NULL";
    let ended = executor
        .execute(
            "end a task",
            query,
            &[&task.id, &task.attempts, &state.as_str(), &result, &error, &now],
        )
        .await?;
    Ok(ended > 0)
}

/// Leaves a task to the next process: this one ends.
pub async fn release_task(executor: Executor<'_>, task: &Task) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.import_tasks
        SET state = 'waiting'
        WHERE id = $1 AND attempts = $2 AND ended_at IS NULL";
    executor.execute("leave a task to another process", query, &[&task.id, &task.attempts]).await?;
    Ok(())
}
