use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::known::week;
use crate::{Executor, StoreError};

/// Makes room for the events of this week and of the next.
///
/// Whoever makes the partition of a week lets the others wait until its transaction ends: called ahead, it is short.
pub async fn prepare_weeks(executor: Executor<'_>, now: Timestamp) -> Result<(), StoreError> {
    let next = now.saturating_add(SignedDuration::from_hours(24 * 7)).unwrap_or(now);
    for monday in [week(now), week(next)] {
        add_week(executor, monday).await?;
    }
    Ok(())
}

/// Makes the partition of the week that begins on this Monday, unless it is there.
pub(super) async fn add_week(executor: Executor<'_>, monday: Date) -> Result<(), StoreError> {
    let query = "SELECT trunkline.add_event_partition($1)";
    executor.rows("make room for events", query, &[&monday]).await?;
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
