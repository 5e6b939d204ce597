use super::WebhookFilter;
use super::list::Conditions;
use crate::{Executor, StoreError};

/// Has webhooks worked on again, the oldest first, up to a number; says how many there are.
///
/// What they say is not told twice: an event that is known changes nothing. `after` is the last id of
/// those that were replayed before.
pub async fn replay_webhooks(
    executor: Executor<'_>,
    filter: &WebhookFilter<'_>,
    after: Option<i64>,
    limit: i64,
) -> Result<Replayed, StoreError> {
    let mut conditions = Conditions::of(filter);
    if let Some(after) = after {
        conditions.demand("inbox.id >", after);
    }
    let wanted = conditions.wanted();
    conditions.parameters.push(Box::new(limit));
    replay(executor, &conditions, &wanted).await
}

/// Has one webhook worked on again; `false`: there is none.
pub async fn replay_webhook(executor: Executor<'_>, id: i64) -> Result<bool, StoreError> {
    let mut conditions = Conditions::of(&WebhookFilter::default());
    conditions.demand("inbox.id =", id);
    let wanted = conditions.wanted();
    conditions.parameters.push(Box::new(1_i64));
    Ok(replay(executor, &conditions, &wanted).await?.webhooks > 0)
}

/// What was put into the queue again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// So many webhooks.
    pub webhooks: i64,
    /// The id of the last of them.
    pub last: Option<i64>,
}

async fn replay(
    executor: Executor<'_>,
    conditions: &Conditions<'_>,
    wanted: &str,
) -> Result<Replayed, StoreError> {
    let query = format!(
        "WITH chosen AS (
            SELECT inbox.id, inbox.day, inbox.lanes
            FROM trunkline.webhook_inbox AS inbox
            WHERE {wanted}
            ORDER BY inbox.id
            LIMIT ${}
        ),
        raised AS (
            DELETE FROM trunkline.webhook_dead_letters
            WHERE inbox_id IN (SELECT id FROM chosen)
        ),
        released AS (
            DELETE FROM trunkline.webhook_quarantine
            WHERE inbox_id IN (SELECT id FROM chosen)
        ),
        queued AS (
            INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day)
            SELECT get_byte(lanes, place), id, day
            FROM chosen, generate_series(0, length(lanes) - 1) AS place
            ON CONFLICT (lane, inbox_id) DO UPDATE
            SET attempts = 0, due_at = NULL
        )
        SELECT count(*) AS webhooks, max(id) AS last
        FROM chosen",
        conditions.parameters.len()
    );
    let row = executor.row("replay webhooks", &query, &conditions.parameters()).await?;
    let read = |row: tokio_postgres::Row| Replayed {
        webhooks: row.get("webhooks"),
        last: row.get("last"),
    };
    Ok(row.map_or_else(Replayed::default, read))
}
