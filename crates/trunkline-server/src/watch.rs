//! What is looked after by itself: alerts that time alone opens, and events whose time is over.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use tracing::info;
use trunkline_store::StoreError;
use trunkline_store::alerts::{Thresholds, check_alerts, delete_old_deliveries};
use trunkline_store::events::drop_old_events;

use crate::State;

/// No event is dropped before it can no longer be repeated.
const SHORTEST_DAYS: u16 = 14;

/// Opens and closes the alerts that time alone does.
pub async fn look(state: &State) -> Result<(), StoreError> {
    let settings = &state.settings.events;
    let thresholds = Thresholds {
        token: SignedDuration::from_hours(24 * i64::from(settings.token_days)),
        silence: SignedDuration::from_hours(settings.silent_hours.into()),
        set_up: Some(state.settings.syncs.stuck_hours)
            .filter(|hours| *hours > 0)
            .map(|hours| SignedDuration::from_hours(hours.into())),
    };
    let connection = state.store.connection().await?;
    let (opened, closed) =
        check_alerts(connection.executor(), thresholds, state.clock.now()).await?;
    if opened + closed > 0 {
        info!(opened, closed, "alerts that time has opened and closed");
    }
    Ok(())
}

/// Drops the weeks of events whose time is over, and what was said of alerts before.
pub async fn forget(state: &State) -> Result<(), StoreError> {
    let today = state.clock.now().to_zoned(TimeZone::UTC).date();
    let days = state.settings.events.retention_days.max(SHORTEST_DAYS);
    let before = today.saturating_sub(i64::from(days).days());
    let connection = state.store.connection().await?;
    while let Some(week) = drop_old_events(connection.executor(), before).await? {
        info!(%week, "events were dropped after their time");
    }
    let days = SignedDuration::from_hours(24 * i64::from(days));
    if let Ok(before) = state.clock.now().checked_sub(days) {
        delete_old_deliveries(connection.executor(), before).await?;
    }
    Ok(())
}
