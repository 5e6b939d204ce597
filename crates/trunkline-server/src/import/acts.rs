//! What people and programs do about the import, each with its audit entry in one transaction.

use serde_json::{Value, json};
use trunkline_core::Scope;
use trunkline_core::legacy::Choice;
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::companies::find_company;
use trunkline_store::import::{
    ConflictFilter, Decided, NewTask, PlannedConflict, Platform, Policy, Task, TaskKind, decide,
    find_last_done, find_task, insert_task, list_planned_conflicts, request_stop,
    take_back_decision,
};
use trunkline_store::{Executor, Window};

use crate::State;
use crate::problem::{FieldProblem, Kind, Problem};

/// Puts a task up; refused while there is one that has not ended.
pub(crate) async fn put_up_task(
    state: &State,
    actor: &Actor,
    kind: TaskKind,
    company_id: Option<i32>,
    policy: Policy,
    asks_provider: bool,
) -> Result<Task, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    // So that what is missing is said at once.
    Platform::inspect(executor).await.map_err(|error| refuse_without_platform(&error))?;
    let (by, at) = (actor.name.as_str(), state.clock.now());
    let new = NewTask { kind, company_id, policy, asks_provider, by, at };
    let Some(id) = insert_task(executor, &new).await? else {
        let detail = "another task of the import has not ended; wait for it, or stop it";
        return Err(Problem::new(Kind::Conflict, detail));
    };
    let task = find_task(executor, id).await?.ok_or_else(|| Problem::not_found("task"))?;
    let after = json!({ "kind": kind, "company_id": company_id, "conflict": policy,
        "asks_provider": asks_provider });
    note(state, executor, actor, "import.requested", id.to_string(), (None, Some(after))).await?;
    transaction.commit().await?;
    Ok(task)
}

/// What the outside is told where the platform's tables are not there.
fn refuse_without_platform(error: &trunkline_store::StoreError) -> Problem {
    match error {
        trunkline_store::StoreError::NoPlatform { .. } => {
            Problem::new(Kind::Conflict, format!("{error}, so there is nothing to import"))
        }
        trunkline_store::StoreError::Unavailable { .. } => {
            Problem::new(Kind::Unavailable, error.to_string())
        }
        other => Problem::internal(other),
    }
}

/// Asks for a task to stop; one that has ended stays as it is.
pub(crate) async fn stop_task(state: &State, actor: &Actor, id: i32) -> Result<Task, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let task = find_task(executor, id).await?.ok_or_else(|| Problem::not_found("task"))?;
    if !task.stop_requested && request_stop(executor, id).await? {
        let told = (None, Some(json!({ "kind": task.kind })));
        note(state, executor, actor, "import.stopped", id.to_string(), told).await?;
    }
    let task = find_task(executor, id).await?.ok_or_else(|| Problem::not_found("task"))?;
    transaction.commit().await?;
    Ok(task)
}

/// Writes down what somebody decided about a row of the last plan.
pub(crate) async fn decide_conflict(
    state: &State,
    actor: &Actor,
    row: i64,
    choice: Choice,
    company_id: Option<i32>,
) -> Result<PlannedConflict, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let (task, before) = find_conflict(executor, row).await?;
    if !before.choices().contains(&choice) {
        let may: Vec<&str> = before.choices().iter().map(|may| may.as_str()).collect();
        let message = format!("about {} it may be {}", before.conflict, may.join(" or "));
        return Err(invalid("choice", message));
    }
    let company_id = company_to_assign(executor, choice, company_id).await?;
    let (by, at) = (actor.name.clone(), state.clock.now());
    let decided = Decided { conflict: before.conflict, choice, company_id, by, at };
    decide(executor, task, row, &decided).await?;
    let (_, after) = find_conflict(executor, row).await?;
    let told = (before.decided.as_ref().map(shown), Some(shown(&decided)));
    note(state, executor, actor, "import_conflict.decided", row.to_string(), told).await?;
    transaction.commit().await?;
    Ok(after)
}

/// The company that goes with the choice, which must be there.
async fn company_to_assign(
    executor: Executor<'_>,
    choice: Choice,
    company_id: Option<i32>,
) -> Result<Option<i32>, Problem> {
    match (choice, company_id) {
        (Choice::Assign, Some(id)) => match find_company(executor, id, Scope::Platform).await? {
            Some(_) => Ok(Some(id)),
            None => Err(invalid("company_id", format!("there is no company {id}"))),
        },
        (Choice::Assign, None) => {
            Err(invalid("company_id", "name the company that the row is taken over for".to_owned()))
        }
        (_, Some(_)) => Err(invalid("company_id", "only `assign` goes with a company".to_owned())),
        (_, None) => Ok(None),
    }
}

/// Takes back what was decided about a row of the last plan.
pub(crate) async fn withdraw_decision(
    state: &State,
    actor: &Actor,
    row: i64,
) -> Result<PlannedConflict, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let (_, before) = find_conflict(executor, row).await?;
    if take_back_decision(executor, row).await? {
        let told = (before.decided.as_ref().map(shown), None);
        let (_, after) = find_conflict(executor, row).await?;
        note(state, executor, actor, "import_conflict.withdrawn", row.to_string(), told).await?;
        transaction.commit().await?;
        return Ok(after);
    }
    Ok(before)
}

/// The last plan and what it found of a row.
async fn find_conflict(
    executor: Executor<'_>,
    row: i64,
) -> Result<(i32, PlannedConflict), Problem> {
    let plan = find_last_done(executor, TaskKind::Plan).await?;
    let plan = plan.ok_or_else(|| Problem::not_found("plan of an import"))?;
    let filter = ConflictFilter { row: Some(row), ..ConflictFilter::default() };
    let window = Window { after: None, limit: 1 };
    let found = list_planned_conflicts(executor, plan.id, &filter, &window).await?;
    let found = found.into_iter().next();
    found
        .map(|found| (plan.id, found))
        .ok_or_else(|| Problem::not_found("conflict in the last plan"))
}

fn invalid(field: &str, message: String) -> Problem {
    Problem::invalid(vec![FieldProblem { field: field.to_owned(), message }])
}

fn shown(decided: &Decided) -> Value {
    json!({ "conflict": decided.conflict, "choice": decided.choice, "company_id": decided.company_id })
}

async fn note(
    state: &State,
    executor: Executor<'_>,
    actor: &Actor,
    action: &str,
    object_id: String,
    (before, after): (Option<Value>, Option<Value>),
) -> Result<(), Problem> {
    let object_kind = action.split('.').next().unwrap_or_default();
    let act = Act { action, object_kind, object_id, company_id: None, before, after };
    Ok(insert_audit_entry(executor, actor, &act, state.clock.now()).await?)
}
