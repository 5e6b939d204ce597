//! What the service does by itself, beside answering: each thing again and again, in every process.
//!
//! What one process has done the others find done. A job that fails, or panics, is tried again at its next turn.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{Instrument, info_span, warn};

use trunkline_store::StoreError;
use trunkline_store::secret_keys::register_active_key;

use crate::{Problem, State, providers, syncs, watch as alerts};

/// How long a worker waits when there is nothing to do, or the database does not answer as it should.
const PAUSE: Duration = Duration::from_secs(2);

/// Something that is done again and again.
struct Job {
    name: &'static str,
    every: Duration,
    run: fn(State) -> Doing,
}

/// It, until it is done.
type Doing = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send>>;

/// A job out of what it does.
macro_rules! job {
    ($name:literal, $every:expr, |$state:ident| $work:expr) => {
        Job { name: $name, every: $every, run: |$state| Box::pin(async move { $work }) }
    };
}

const JOBS: [Job; 6] = [
    job!("active key", Duration::from_mins(1), |state| Ok(register_key(&state).await?)),
    job!("alerts", Duration::from_mins(1), |state| Ok(alerts::look(&state).await?)),
    job!("old events", Duration::from_hours(1), |state| Ok(alerts::forget(&state).await?)),
    job!("open calls", Duration::from_mins(5), |state| providers::resolve_all(&state).await),
    job!("due syncs", Duration::from_secs(15), |state| Ok(syncs::queue_syncs(&state).await?)),
    job!("old syncs", Duration::from_hours(1), |state| Ok(syncs::forget_syncs(&state).await?)),
];

/// Does all of it until `stop` ends. A sync that is being worked on goes back into the queue then.
pub async fn work(state: State, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for job in JOBS {
        tasks.spawn(repeat(job, state.clone(), stopped.clone()));
    }
    for _ in 0..state.settings.syncs.workers {
        tasks.spawn(sync(state.clone(), stopped.clone()));
    }
    stop.await;
    // Nobody may be left to hear it.
    let _ = stopping.send(true);
    while tasks.join_next().await.is_some() {}
}

async fn repeat(job: Job, state: State, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let span = info_span!("job", job = job.name);
        tokio::select! {
            // On a task of its own, so that a panic ends that alone.
            ended = tokio::spawn((job.run)(state.clone()).instrument(span)) => match ended {
                Ok(Ok(())) => {}
                Ok(Err(problem)) => {
                    warn!(job = job.name, ?problem, "a job has failed; it is tried again at its next turn");
                }
                Err(panic) => warn!(job = job.name, %panic, "a job has failed by a mistake of ours"),
            },
            _ = stopped.changed() => return,
        }
        wait(job.every, &mut stopped).await;
    }
}

/// Writes down again that the active key seals here: a rotation forgets it where a process still has the old
/// file, and a start without that key would go unrefused.
async fn register_key(state: &State) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    register_active_key(connection.executor(), &state.keys, state.random.clone()).await
}

/// One worker on syncs.
async fn sync(state: State, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let mut working = tokio::task::JoinSet::new();
        let of = state.clone();
        working.spawn(async move { syncs::work_on_next(&of).await });
        let worked = tokio::select! {
            worked = working.join_next() => worked,
            _ = stopped.changed() => {
                working.shutdown().await;
                // What it had is given back by another task, for which there is a moment.
                tokio::time::sleep(Duration::from_millis(200)).await;
                return;
            }
        };
        let is_idle = !matches!(worked, Some(Ok(Ok(Some(_)))));
        match worked {
            Some(Ok(Err(problem))) => warn!(?problem, "cannot look for syncs to work on"),
            Some(Err(panic)) => warn!(%panic, "a sync has failed by a mistake of ours"),
            Some(Ok(Ok(_))) | None => {}
        }
        if is_idle {
            wait(PAUSE, &mut stopped).await;
        }
    }
}

async fn wait(time: Duration, stopped: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stopped.changed() => {}
    }
}
