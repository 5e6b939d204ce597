use std::sync::atomic::{AtomicI64, Ordering};

use trunkline_core::events::Event;
use trunkline_providers::lanes::part;
use trunkline_providers::webhooks::{Unreadable, read};
use trunkline_store::StoreError;
use trunkline_store::events::{Arrival, Outcome, add_weeks, apply_events};
use trunkline_store::webhooks::{
    Claimed, MOST_BYTES, Quarantined, bury, delete_from_queue, delete_orphans, insert_quarantined,
    list_due, lock_lane,
};

use crate::State;

/// What a transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worked {
    /// Nothing was due, or somebody else has the lane.
    Nothing,
    /// Some webhooks; whether these were all.
    Some { is_all: bool },
}

/// Applies the next webhooks of a lane and takes them out of the queue: both or neither.
pub(super) async fn work_on_batch(
    state: &State,
    lane: u8,
    limit: i64,
    at: &AtomicI64,
) -> Result<Worked, StoreError> {
    let now = state.clock.now();
    let mut connection = state.webhooks.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    if !lock_lane(executor, lane).await? {
        return Ok(Worked::Nothing);
    }
    let claimed = list_due(executor, lane, now, limit).await?;
    let Some(first) = claimed.first() else {
        if delete_orphans(executor, lane, now, limit).await? == 0 {
            return Ok(Worked::Nothing);
        }
        transaction.commit().await?;
        return Ok(Worked::Some { is_all: false });
    };
    at.store(first.inbox_id, Ordering::Relaxed);

    let bodies: Vec<_> = claimed.iter().map(|webhook| (webhook, events(webhook, lane))).collect();
    let arrivals: Vec<(&Claimed, Arrival<'_>)> = bodies
        .iter()
        .filter_map(|(webhook, events)| Some((*webhook, events.as_ref().ok()?)))
        .flat_map(|(webhook, events)| {
            events.iter().map(move |event| (webhook, arrival(webhook, event)))
        })
        .collect();
    let applied: Vec<Arrival<'_>> = arrivals.iter().map(|(_, arrival)| *arrival).collect();
    let outcomes = match apply_events(executor, &applied).await {
        // The clock was set, or the webhook is an old one that is replayed.
        Err(error) if error.is_without_partition() => {
            drop(transaction);
            let came = applied.iter().map(|arrival| arrival.received_at);
            add_weeks(connection.executor(), came).await?;
            return Ok(Worked::Some { is_all: false });
        }
        applied => applied?,
    };

    let waiting =
        arrivals.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Quarantined);
    let waiting: Vec<Quarantined<'_>> = waiting
        .map(|((webhook, arrival), _)| Quarantined {
            inbox_id: webhook.inbox_id,
            day: webhook.day,
            event: arrival.event,
        })
        .collect();
    insert_quarantined(executor, lane, &waiting, now).await?;
    for (webhook, events) in &bodies {
        if let Err(reason) = events {
            bury(executor, lane, webhook.inbox_id, &reason.to_string(), now).await?;
        }
    }
    let done: Vec<i64> = claimed.iter().map(|webhook| webhook.inbox_id).collect();
    delete_from_queue(executor, lane, &done).await?;
    transaction.commit().await?;

    let metrics = &state.metrics.webhooks;
    metrics.worked(&outcomes, bodies.iter().filter(|(_, events)| events.is_err()).count());
    let bytes: usize = claimed.iter().map(|webhook| webhook.body.len()).sum();
    let is_cut = i64::try_from(bytes).is_ok_and(|bytes| bytes >= MOST_BYTES);
    let is_full = i64::try_from(claimed.len()).is_ok_and(|count| count >= limit);
    Ok(Worked::Some { is_all: !(is_full || is_cut) })
}

/// What a webhook says in this lane.
fn events(webhook: &Claimed, lane: u8) -> Result<Vec<Event>, Unreadable> {
    read(webhook.source, &part(webhook.source, &webhook.body, &webhook.lanes, lane))
}

fn arrival<'a>(webhook: &Claimed, event: &'a Event) -> Arrival<'a> {
    Arrival {
        account_id: webhook.account_id,
        inbox_id: Some(webhook.inbox_id),
        received_at: webhook.received_at,
        event,
    }
}
