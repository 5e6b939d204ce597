use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use tokio::sync::watch;
use tracing::{info, warn};
use trunkline_store::StoreError;
use trunkline_store::events::prepare_weeks;
use trunkline_store::webhooks::{
    add_partition, count_webhooks, delete_replaced_secrets, drop_partition, release_quarantined,
};

use crate::State;
use crate::webhooks::inbox::day;

/// How often what waits is counted, and what waits for a client or channel looked at.
const OFTEN: Duration = Duration::from_secs(5);

/// So many times as seldom partitions are made and dropped.
const SELDOM: u32 = 360;

/// Partitions are made for so many days ahead.
const DAYS_AHEAD: i64 = 7;

/// Keeps the tables in order, and the counts true.
pub(super) async fn keep_up(state: State, mut stopped: watch::Receiver<bool>) {
    let mut turn = 0_u32;
    while !*stopped.borrow() {
        if turn.is_multiple_of(SELDOM)
            && let Err(error) = change_days(&state).await
        {
            warn!(%error, "the days of the inbox could not be put in order; tried again later");
        }
        if let Err(error) = look_after(&state).await {
            warn!(%error, "the inbox could not be looked after; tried again in a moment");
        }
        turn = turn.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(OFTEN) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Makes the partitions of the days and weeks to come, and drops those whose time is over.
async fn change_days(state: &State) -> Result<(), StoreError> {
    let now = state.clock.now();
    let connection = state.webhooks.store.connection().await?;
    let executor = connection.executor();
    prepare_weeks(executor, now).await?;
    let today = day(now);
    for ahead in 0..=DAYS_AHEAD {
        add_partition(executor, today.saturating_add(ahead.days())).await?;
    }
    let settings = &state.settings.webhooks;
    let first_kept = today.saturating_sub(i64::from(settings.retention_days).days());
    while let Some(dropped) = drop_partition(executor, first_kept).await? {
        info!(day = %dropped, "webhooks were dropped after their time");
    }
    let hours = SignedDuration::from_hours(settings.previous_secret_hours.into());
    if let Ok(before) = now.checked_sub(hours) {
        delete_replaced_secrets(executor, before).await?;
    }
    Ok(())
}

/// Releases what waited for a client or channel that is there now, and counts.
pub(super) async fn look_after(state: &State) -> Result<(), StoreError> {
    let connection = state.webhooks.store.connection().await?;
    let executor = connection.executor();
    let counts = count_webhooks(executor).await?;
    if counts.quarantined > 0 {
        let released = release_quarantined(executor).await?;
        if released > 0 {
            info!(released, "webhooks of clients and channels that a company has now");
        }
    }
    state.metrics.webhooks.stand(&counts, state.clock.now());
    Ok(())
}
