//! Working on what was received: workers take lanes, whole processes share them, and what one webhook says is applied
//! in the same transaction that takes it out of the queue.

mod batch;
mod lanes;
mod trouble;
mod upkeep;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, warn};

use crate::State;
use batch::Worked;
pub(super) use lanes::Lanes;
use trouble::{NOBODY, give_up_on, is_passing};

/// So many webhooks are worked on in one transaction at most.
const BATCH: i64 = 200;

/// So many transactions, then another lane has its turn.
const TURN: usize = 50;

/// Another replica may have received something, or an attempt become due.
const LOOK: Duration = Duration::from_secs(1);

/// How long a worker waits when the database does not answer as it should.
const PAUSE: Duration = Duration::from_secs(2);

/// Works on webhooks until `stop` ends, and then until what was begun is committed.
pub async fn work(state: State, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(upkeep::keep_up(state.clone(), stopped.clone()));
    for _ in 0..state.settings.webhooks.workers {
        tasks.spawn(run(state.clone(), stopped.clone()));
    }
    if state.settings.webhooks.workers > 0 {
        tasks.spawn(look(state.clone(), stopped));
    }
    stop.await;
    // Nobody may be left to hear it.
    let _ = stopping.send(true);
    while tasks.join_next().await.is_some() {}
}

/// Works on everything that is due now, and nothing later: for tests and programs that do not serve.
pub async fn work_once(state: &State) {
    if let Err(error) = upkeep::look_after(state).await {
        warn!(%error, "the inbox could not be looked after");
    }
    look_once(state).await;
    while let Some(lane) = state.webhooks.lanes.take() {
        work_on(state, lane).await;
        state.webhooks.lanes.give_back(lane);
    }
}

/// One worker.
async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let Some(lane) = state.webhooks.lanes.take() else {
            tokio::select! {
                () = state.webhooks.lanes.changed() => {}
                _ = stopped.changed() => {}
            }
            continue;
        };
        let more = work_on(&state, lane).await;
        state.webhooks.lanes.give_back(lane);
        if more {
            state.webhooks.lanes.add([lane]);
        }
    }
}

/// Looks for lanes in which something is due, now and then.
async fn look(state: State, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        look_once(&state).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stopped.changed() => {}
        }
    }
}

async fn look_once(state: &State) {
    match due(state).await {
        Ok(lanes) => state.webhooks.lanes.add(lanes),
        Err(error) => warn!(%error, "cannot look for webhooks to work on"),
    }
}

async fn due(state: &State) -> Result<Vec<u8>, trunkline_store::StoreError> {
    let connection = state.webhooks.store.connection().await?;
    trunkline_store::webhooks::list_due_lanes(connection.executor(), state.clock.now()).await
}

/// Works on a lane for a while; whether more is due there.
async fn work_on(state: &State, lane: u8) -> bool {
    let mut careful = 0;
    for _ in 0..TURN {
        let limit = if careful > 0 { 1 } else { BATCH };
        careful = (careful - 1_i64).max(0);
        match attempt(state, lane, limit).await {
            Ok(Worked::Some { is_all: true }) if limit > 1 => return false,
            Ok(Worked::Nothing) => return false,
            Ok(Worked::Some { .. }) => {}
            // What failed among many is found by taking them one by one.
            Err(()) => careful = BATCH,
        }
    }
    true
}

/// One transaction, by a task of its own, so that a panic ends that alone.
async fn attempt(state: &State, lane: u8, limit: i64) -> Result<Worked, ()> {
    // The webhook with which a transaction of one is busy.
    let at = Arc::new(AtomicI64::new(NOBODY));
    let task = {
        let (state, at) = (state.clone(), Arc::clone(&at));
        tokio::spawn(async move { batch::work_on_batch(&state, lane, limit, &at).await })
    };
    let reason = match task.await {
        Ok(Ok(worked)) => return Ok(worked),
        Ok(Err(error)) if is_passing(&error) => {
            warn!(%error, lane, "webhooks are worked on later");
            tokio::time::sleep(PAUSE).await;
            return Ok(Worked::Nothing);
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("a mistake of ours: {panic}"),
    };
    error!(reason, lane, "webhooks could not be worked on");
    match at.load(Ordering::Relaxed) {
        NOBODY => {
            tokio::time::sleep(PAUSE).await;
            Ok(Worked::Nothing)
        }
        webhook if limit == 1 => {
            give_up_on(state, lane, webhook, &reason).await;
            Ok(Worked::Some { is_all: false })
        }
        _ => Err(()),
    }
}
