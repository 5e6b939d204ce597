use jiff::Timestamp;

use crate::{Executor, StoreError};

/// Writes down where 360dialog sends what a channel receives; nothing, where it stands so already.
pub async fn update_dialog360_webhook_url(
    executor: Executor<'_>,
    id: i32,
    url: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE public.dialog_360_channels
        SET webhook_url = $2, updated_at = $3
        WHERE id = $1 AND webhook_url IS DISTINCT FROM $2";
    executor.execute("write the webhook of a channel", query, &[&id, &url, &now]).await?;
    Ok(())
}
