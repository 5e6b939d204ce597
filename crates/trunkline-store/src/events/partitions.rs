use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::known::week;
use crate::{Executor, StoreError};

/// Makes room for the events of this week and of the next.
///
/// Whoever makes the partition of a week lets the others wait until its transaction ends: called ahead, it is short.
pub async fn prepare_weeks(executor: Executor<'_>, now: Timestamp) -> Result<(), StoreError> {
    let next = now.saturating_add(SignedDuration::from_hours(24 * 7)).unwrap_or(now);
    add_weeks(executor, [now, next]).await
}

/// Makes room for events that came at these instants, where there is none.
pub async fn add_weeks(
    executor: Executor<'_>,
    instants: impl IntoIterator<Item = Timestamp>,
) -> Result<(), StoreError> {
    let mondays: BTreeSet<Date> = instants.into_iter().map(week).collect();
    let mondays: Vec<Date> = mondays.into_iter().collect();
    let query = "SELECT trunkline.add_event_partition(monday) FROM unnest($1::DATE[]) AS monday";
    executor.rows("make room for events", query, &[&mondays]).await?;
    Ok(())
}

/// Drops the oldest week of events that is over before this day; `None`: there is none left.
///
/// Call it until it says so, each time by itself: it waits two seconds at most for whoever reads them.
pub async fn drop_old_events(
    executor: Executor<'_>,
    before: Date,
) -> Result<Option<Date>, StoreError> {
    let query = "SELECT trunkline.drop_event_partition($1)";
    let row = executor.row("drop old events", query, &[&before]).await?;
    Ok(row.and_then(|row| row.get(0)))
}
