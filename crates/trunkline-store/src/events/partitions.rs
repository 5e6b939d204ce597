use jiff::civil::Date;

use crate::{Executor, StoreError};

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
