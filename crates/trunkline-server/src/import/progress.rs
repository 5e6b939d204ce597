use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;
use trunkline_migrate::Interrupt;
use trunkline_store::import::{Task, TaskProgress, note_progress};

use crate::State;

/// How often it is written down how far a task is, and looked whether it is to stop.
const OFTEN: Duration = Duration::from_millis(500);

/// How far a task is, shared by those who do it and by what writes that down.
pub(super) struct Gauge(Mutex<TaskProgress>);

impl Gauge {
    pub(super) fn new() -> Self {
        Self(Mutex::new(TaskProgress { phase: "starting", rows: 0, of: 0 }))
    }

    /// Says how far it is.
    pub(super) fn set(&self, phase: &'static str, rows: u64, of: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = TaskProgress { phase, rows, of };
    }

    pub(super) fn get(&self) -> TaskProgress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down how far a task is until it ends, and asks it to stop when somebody, or the service's own end, wants that.
pub(super) async fn watch_over(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    stop: &Interrupt,
    ask: &watch::Sender<bool>,
) {
    loop {
        if stop.is_requested() {
            let _ = ask.send(true);
        }
        match note(state, task, gauge).await {
            Ok(true) => {
                let _ = ask.send(true);
            }
            Ok(false) => {}
            Err(error) => {
                warn!(%error, task = task.id, "it could not be noted how far an import is");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(OFTEN) => {}
            () = stop.requested(), if !*ask.borrow() => {}
        }
    }
}

async fn note(
    state: &State,
    task: &Task,
    gauge: &Gauge,
) -> Result<bool, trunkline_store::StoreError> {
    let connection = state.store.connection().await?;
    note_progress(connection.executor(), task, gauge.get()).await
}
