//! Syncs: what the providers say of clients and channels, compared with what is written down here, and taken over.
//!
//! Runs stand in PostgreSQL, from which the workers of all replicas take them. Every client is compared and written in one
//! transaction, together with how far the run is: killed at any moment, it goes on behind the last one.

mod ending;
mod found;
mod full;
mod hints;
mod metrics;
mod read;
mod request;
mod reread;
mod tokens;
mod trouble;
mod unit;
mod worker;

use jiff::SignedDuration;
use tracing::info;
use trunkline_store::StoreError;
use trunkline_store::outages::{delete_old_outages, end_forgotten_outages};
use trunkline_store::syncs::{delete_old_syncs, queue_due_syncs, queue_hinted_syncs};

use crate::State;

pub(crate) use metrics::SyncMetrics;
pub use request::request_sync;
pub(crate) use reread::reread_channel;
pub use worker::{work_on_next, work_on_this};

/// Puts into the queue what is due: full syncs by their interval, and what webhooks hinted at.
pub async fn queue_syncs(state: &State) -> Result<(), StoreError> {
    let now = state.clock.now();
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let minutes = state.settings.syncs.interval_minutes;
    if minutes > 0 {
        let interval = SignedDuration::from_mins(minutes.into());
        queue_due_syncs(executor, interval, now).await?;
    }
    queue_hinted_syncs(executor, now).await?;
    end_forgotten_outages(executor, now).await?;
    state.metrics.syncs.stand(executor).await
}

/// Forgets reports whose time is over.
pub async fn forget_syncs(state: &State) -> Result<(), StoreError> {
    let days = i64::from(state.settings.syncs.retention_days);
    let kept = SignedDuration::from_hours(24 * days);
    let now = state.clock.now();
    let before = now.checked_sub(kept).unwrap_or(now);
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let mut forgotten = 0;
    loop {
        let deleted = delete_old_syncs(executor, before).await?;
        forgotten += deleted;
        if deleted == 0 {
            break;
        }
    }
    delete_old_outages(executor, before).await?;
    if forgotten > 0 {
        info!(forgotten, "reports of syncs were dropped after their time");
    }
    Ok(())
}
