//! Telling of alerts: what the outbox holds is sent, by any number of replicas, until it was taken or is given up.
//!
//! Whoever sends takes the row for a while first. A process that dies meanwhile leaves a row that is due again after that
//! while, and is sent again under the same id; whatever it still wanted to note is no longer heard.

mod attempt;
mod email;
mod trial;
mod webhook;

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tracing::{info, warn};
use trunkline_core::Random;
use trunkline_store::StoreError;
use trunkline_store::alerts::{
    Attempt, Delivery, claim_delivery, find_destination, list_due_destinations, note_attempt,
};

use crate::State;
use attempt::{Failed, attempt};
pub(crate) use trial::{Trial, retry, try_destination};

/// How often it is looked what is due.
const LOOK: Duration = Duration::from_secs(1);

/// So many destinations are told at the same time, each of one thing after the other.
const MOST: usize = 16;

/// Longer than any attempt takes: then whoever makes it is taken for dead.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// How many seconds after each attempt that failed the next one is made, as Standard Webhooks recommends: eleven in three
/// and a half days.
const WAITS: [i64; 10] = [5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Tells of alerts until `stop` ends, and then finishes what was begun.
pub async fn deliver_alerts(state: State, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let (mut tasks, mut busy) = (JoinSet::new(), HashMap::<Id, i32>::new());
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = tasks.join_next_with_id() => {
                let id = ended.map_or_else(|panic| panic.id(), |(id, ())| id);
                busy.remove(&id);
            }
            () = tokio::time::sleep(LOOK) => {
                for destination in due(&state).await {
                    if busy.len() < MOST && !busy.values().any(|known| *known == destination) {
                        let task = tell(state.clone(), destination, stopped.clone());
                        busy.insert(tasks.spawn(task).id(), destination);
                    }
                }
            }
        }
    }
    // Nobody may be left to hear it.
    let _ = stopping.send(true);
    while tasks.join_next().await.is_some() {}
}

/// Tells of everything that is due now, and nothing later: for tests and programs that do not serve.
pub async fn deliver_alerts_once(state: &State) {
    let (_stopping, stopped) = watch::channel(false);
    for destination in due(state).await {
        tell(state.clone(), destination, stopped.clone()).await;
    }
}

async fn due(state: &State) -> Vec<i32> {
    let found = async {
        let connection = state.store.connection().await?;
        list_due_destinations(connection.executor(), state.clock.now()).await
    };
    found.await.unwrap_or_else(|error: StoreError| {
        warn!(%error, "cannot look who is to be told of alerts");
        Vec::new()
    })
}

/// Tells a destination of one thing after the other.
async fn tell(state: State, destination_id: i32, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match tell_next(&state, destination_id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                warn!(%error, destination_id, "an alert is delivered later");
                return;
            }
        }
    }
}

/// Tells of the next thing that is due; `false`: there was none.
async fn tell_next(state: &State, destination_id: i32) -> Result<bool, StoreError> {
    let now = state.clock.now();
    let (delivery, destination) = {
        let connection = state.store.connection().await?;
        let executor = connection.executor();
        let claimed = claim_delivery(executor, destination_id, now, now + LEASE).await?;
        let Some(delivery) = claimed else { return Ok(false) };
        let Some(destination) = find_destination(executor, destination_id).await? else {
            return Ok(false);
        };
        (delivery, destination)
    };
    // No connection is held while the other side takes its time.
    let came = attempt(state, &destination, &delivery).await;
    let now = state.clock.now();
    let noted = came_to(&delivery, came, now, &state.random);
    match &noted {
        Attempt { error: None, .. } => {
            info!(delivery = delivery.id, destination_id, "told of an alert");
        }
        Attempt { error: Some(error), next: Some(_), .. } => {
            warn!(delivery = delivery.id, destination_id, error, "an alert was not taken");
        }
        Attempt { error: Some(error), next: None, .. } => {
            warn!(delivery = delivery.id, destination_id, error, "telling of an alert is given up");
        }
    }
    let connection = state.store.connection().await?;
    note_attempt(connection.executor(), &noted, now).await?;
    Ok(true)
}

fn came_to(
    delivery: &Delivery,
    came: Result<i32, Failed>,
    now: Timestamp,
    random: &Random,
) -> Attempt {
    let (id, number) = (delivery.id, delivery.attempts);
    match came {
        Ok(status) => Attempt { id, number, status: Some(status), error: None, next: None },
        Err(failed) => {
            let wait = wait(number, random).filter(|_| !failed.is_final);
            let wait = wait.map(|wait| wait.max(failed.not_before.unwrap_or_default()));
            let next = wait.and_then(|wait| now.checked_add(wait).ok());
            Attempt { id, number, status: failed.status, error: Some(failed.words), next }
        }
    }
}

/// How long after the attempt of this number the next one is made, up to a twentieth more or less; `None`: it was the last.
fn wait(number: i32, random: &Random) -> Option<SignedDuration> {
    let index = usize::try_from(number - 1).ok()?;
    let milliseconds = WAITS.get(index)? * 1000;
    let mut byte = [0];
    random.fill(&mut byte);
    let shift = milliseconds * (i64::from(byte[0]) - 128) / 2560;
    Some(SignedDuration::from_millis(milliseconds + shift))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use trunkline_core::Random;

    use super::wait;

    #[test]
    fn attempts_are_farther_and_farther_apart_and_end() {
        let random = Random::seeded(1);
        let mut before = SignedDuration::ZERO;
        let mut whole = SignedDuration::ZERO;
        for number in 1..=10 {
            let wait = wait(number, &random).unwrap();
            assert!(wait > before, "{number}: {wait} after {before}");
            (before, whole) = (wait, whole + wait);
        }
        assert!(whole > SignedDuration::from_hours(60), "{whole}");
        assert_eq!(wait(11, &random), None);
    }
}
