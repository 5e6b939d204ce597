use jiff::civil::Date;

use crate::{Executor, StoreError};

/// Makes the partition of a day, unless it is there.
pub async fn add_partition(executor: Executor<'_>, day: Date) -> Result<(), StoreError> {
    let query = "SELECT trunkline.add_webhook_partition($1)";
    executor.rows("make room for the webhooks of a day", query, &[&day]).await?;
    Ok(())
}

/// Drops the oldest partition before a day of which nothing waits; gives its day.
pub async fn drop_partition(
    executor: Executor<'_>,
    before: Date,
) -> Result<Option<Date>, StoreError> {
    let query = "SELECT trunkline.drop_webhook_partition($1) AS day";
    let row = executor.row("drop the webhooks of a day", query, &[&before]).await?;
    Ok(row.and_then(|row| row.get("day")))
}
