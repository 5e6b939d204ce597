use trunkline_store::import::{Task, TaskKind, find_last_done, list_tasks};

use crate::State;
use crate::problem::Problem;

/// What a page about the import begins with.
pub(crate) struct Latest {
    /// The last task, which may be at work.
    pub(crate) task: Option<Task>,
    /// The last plan that came to its end.
    pub(crate) plan: Option<Task>,
}

/// The last task and the last plan.
pub(crate) async fn latest(state: &State) -> Result<Latest, Problem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let task = list_tasks(executor, None, 1).await?.into_iter().next();
    let plan = find_last_done(executor, TaskKind::Plan).await?;
    Ok(Latest { task, plan })
}
