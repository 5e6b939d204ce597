use jiff::Timestamp;

use crate::{Executor, StoreError};

/// How the inbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookCounts {
    /// So many wait to be worked on, in all lanes.
    pub waiting: i64,
    /// When the oldest of these came.
    pub oldest: Option<Timestamp>,
    /// So many could not be worked on.
    pub dead_letters: i64,
    /// So many wait for a client or channel.
    pub quarantined: i64,
}

/// Counts what is not done; what is done is many, and not counted.
pub async fn count_webhooks(executor: Executor<'_>) -> Result<WebhookCounts, StoreError> {
    let query = "
        SELECT
            (SELECT count(*) FROM trunkline.webhook_queue) AS waiting,
            (
                SELECT inbox.received_at
                FROM (
                    SELECT inbox_id, inbox_day
                    FROM trunkline.webhook_queue
                    ORDER BY inbox_id
                    LIMIT 1
                ) AS first
                JOIN trunkline.webhook_inbox AS inbox ON inbox.id = first.inbox_id AND inbox.day = first.inbox_day
            ) AS oldest,
            (SELECT count(*) FROM trunkline.webhook_dead_letters) AS dead_letters,
            (SELECT count(*) FROM trunkline.webhook_quarantine) AS quarantined";
    let row = executor.row("count the webhooks", query, &[]).await?;
    Ok(row.map_or_else(WebhookCounts::default, |row| WebhookCounts {
        waiting: row.get("waiting"),
        oldest: row.get("oldest"),
        dead_letters: row.get("dead_letters"),
        quarantined: row.get("quarantined"),
    }))
}
