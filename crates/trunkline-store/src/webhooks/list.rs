use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::events::Source;

use super::WebhookState;
use crate::events::message_keys;
use crate::row::word;
use crate::{Executor, QualifiedId, StoreError, Window};

/// Which webhooks; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebhookFilter<'a> {
    /// Of this partner account.
    pub account_id: Option<i32>,
    /// Of this stream.
    pub source: Option<Source>,
    /// That stand so.
    pub state: Option<WebhookState>,
    /// That came then or later.
    pub since: Option<Timestamp>,
    /// That came before that.
    pub until: Option<Timestamp>,
    /// In whose body these bytes stand.
    pub contains: Option<&'a str>,
    /// That told something of this message, as far as they were worked on.
    pub message_id: Option<&'a str>,
    /// That told something of this channel, as far as they were worked on: by its newest 10,000 events in that time.
    pub channel: Option<QualifiedId>,
}

/// A webhook of the inbox, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id; later ones have greater ones.
    pub id: i64,
    /// The partner account that it came to.
    pub account_id: i32,
    /// Which stream.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// What the request said of its body.
    pub content_type: Option<String>,
    /// What the provider calls the delivery.
    pub delivery: Option<String>,
    /// How long the body is.
    pub length: i32,
    /// How it stands.
    pub state: WebhookState,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// When it is tried again.
    pub due_at: Option<Timestamp>,
    /// Why it could not be worked on.
    pub error: Option<String>,
}

impl Webhook {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            account_id: row.get("account_id"),
            source: word(row, "source")?,
            received_at: row.get("received_at"),
            content_type: row.get("content_type"),
            delivery: row.get("delivery"),
            length: row.get("length"),
            state: word(row, "state")?,
            attempts: row.get("attempts"),
            due_at: row.get("due_at"),
            error: row.get("error"),
        })
    }
}

/// Rows `inbox` with how each stands, from what stands beside them.
const STANDING: &str = "
    LEFT JOIN LATERAL (
        SELECT max(queue.attempts) AS attempts, max(queue.due_at) AS due_at, max(queue.error) AS error
        FROM generate_series(0, length(inbox.lanes) - 1) AS place
        JOIN trunkline.webhook_queue AS queue
            ON queue.lane = get_byte(inbox.lanes, place) AND queue.inbox_id = inbox.id
        HAVING count(*) > 0
    ) AS queue ON true
    LEFT JOIN LATERAL (
        SELECT max(dead.attempts) AS attempts, max(dead.error) AS error
        FROM trunkline.webhook_dead_letters AS dead
        WHERE dead.inbox_id = inbox.id
        HAVING count(*) > 0
    ) AS dead ON true
    LEFT JOIN LATERAL (
        SELECT true AS is_there
        FROM trunkline.webhook_quarantine AS waiting
        WHERE waiting.inbox_id = inbox.id
        LIMIT 1
    ) AS quarantine ON true";

const COLUMNS: &str =
    "inbox.id, inbox.account_id, inbox.source, inbox.received_at, inbox.content_type,
    inbox.delivery, octet_length(inbox.body) AS length,
    CASE
        WHEN dead.attempts IS NOT NULL THEN 'dead'
        WHEN queue.attempts > 0 THEN 'retrying'
        WHEN queue.attempts = 0 THEN 'waiting'
        WHEN quarantine.is_there THEN 'quarantined'
        ELSE 'done'
    END AS state,
    coalesce(dead.attempts, queue.attempts, 0) AS attempts,
    queue.due_at,
    coalesce(dead.error, queue.error) AS error";

/// Conditions on rows of the inbox, and their parameters.
pub(super) struct Conditions<'a> {
    /// As SQL, after WHERE.
    pub sql: Vec<String>,
    /// `$1` and so on.
    pub parameters: Vec<Box<dyn ToSql + Sync + Send + 'a>>,
}

impl<'a> Conditions<'a> {
    /// Of a filter. A state is looked up where it stands: what is not done is few.
    pub(super) fn of(filter: &WebhookFilter<'a>) -> Self {
        let mut conditions = Self { sql: Vec::new(), parameters: Vec::new() };
        if let Some(account) = filter.account_id {
            conditions.demand("inbox.account_id =", account);
        }
        if let Some(source) = filter.source {
            conditions.demand("inbox.source =", source.as_str());
        }
        if let Some(since) = filter.since {
            conditions.demand("inbox.day >=", day(since));
            conditions.demand("inbox.received_at >=", since);
        }
        if let Some(until) = filter.until {
            conditions.demand("inbox.day <=", day(until));
            conditions.demand("inbox.received_at <", until);
        }
        if let Some(text) = filter.contains {
            conditions.parameters.push(Box::new(text.as_bytes()));
            let place = conditions.parameters.len();
            conditions.sql.push(format!("position(${place}::BYTEA IN inbox.body) > 0"));
        }
        if let Some(state) = filter.state {
            conditions.sql.push(state.condition().to_owned());
        }
        conditions.told(filter);
        conditions
    }

    /// Of what they told, by the indexes of the events.
    fn told(&mut self, filter: &WebhookFilter<'a>) {
        if let Some(message) = filter.message_id {
            let [low, high, received] = message_keys(message).map(|key| self.place(key));
            let message = self.place(message);
            self.sql.push(format!(
                "inbox.id IN (
                    SELECT event.inbox_id
                    FROM trunkline.events AS event
                    WHERE event.message_id = {message} AND (event.key = {received} OR event.key >= {low} AND event.key <= {high})
                )"
            ));
        }
        if let Some(QualifiedId { provider, number }) = filter.channel {
            let (provider, number) = (self.place(provider.as_str()), self.place(number));
            let mut within = String::new();
            if let Some(since) = filter.since {
                within = format!("{within} AND event.received_at >= {}", self.place(since));
            }
            if let Some(until) = filter.until {
                within = format!("{within} AND event.received_at < {}", self.place(until));
            }
            self.sql.push(format!(
                "inbox.id IN (
                    SELECT event.inbox_id
                    FROM trunkline.events AS event
                    WHERE event.channel_id = {number} AND event.provider = {provider}{within}
                    ORDER BY event.id DESC
                    LIMIT 10000
                )"
            ));
        }
    }

    /// A parameter, as it is written in the query.
    fn place(&mut self, value: impl ToSql + Sync + Send + 'a) -> String {
        self.parameters.push(Box::new(value));
        format!("${}", self.parameters.len())
    }

    pub(super) fn demand(&mut self, what: &str, value: impl ToSql + Sync + Send + 'a) {
        self.parameters.push(Box::new(value));
        self.sql.push(format!("{what} ${}", self.parameters.len()));
    }

    pub(super) fn wanted(&self) -> String {
        if self.sql.is_empty() { "true".to_owned() } else { self.sql.join(" AND ") }
    }

    pub(super) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
    }
}

/// Webhooks, the newest first; the window's place is the id.
pub async fn list_webhooks(
    executor: Executor<'_>,
    filter: &WebhookFilter<'_>,
    window: &Window<i64>,
) -> Result<Vec<Webhook>, StoreError> {
    let mut conditions = Conditions::of(filter);
    if let Some(after) = window.after {
        conditions.demand("inbox.id <", after);
    }
    let wanted = conditions.wanted();
    conditions.parameters.push(Box::new(window.rows()));
    let query = format!(
        "SELECT {COLUMNS}
        FROM (
            SELECT *
            FROM trunkline.webhook_inbox AS inbox
            WHERE {wanted}
            ORDER BY inbox.id DESC
            LIMIT ${}
        ) AS inbox
        {STANDING}
        ORDER BY inbox.id DESC",
        conditions.parameters.len()
    );
    let rows = executor.rows("list webhooks", &query, &conditions.parameters()).await?;
    rows.iter().map(Webhook::read).collect()
}

/// How many webhooks fit, up to a number.
pub async fn count_webhooks_like(
    executor: Executor<'_>,
    filter: &WebhookFilter<'_>,
    after: Option<i64>,
    most: i64,
) -> Result<i64, StoreError> {
    let mut conditions = Conditions::of(filter);
    if let Some(after) = after {
        conditions.demand("inbox.id >", after);
    }
    let wanted = conditions.wanted();
    conditions.parameters.push(Box::new(most));
    let query = format!(
        "SELECT count(*)
        FROM (
            SELECT
            FROM trunkline.webhook_inbox AS inbox
            WHERE {wanted}
            LIMIT ${}
        ) AS found",
        conditions.parameters.len()
    );
    let row = executor.row("count webhooks", &query, &conditions.parameters()).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// A webhook with its body.
pub async fn find_webhook(
    executor: Executor<'_>,
    id: i64,
) -> Result<Option<(Webhook, Vec<u8>)>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS}, inbox.body
        FROM trunkline.webhook_inbox AS inbox
        {STANDING}
        WHERE inbox.id = $1"
    );
    let row = executor.row("look for a webhook", &query, &[&id]).await?;
    row.map(|row| Ok((Webhook::read(&row)?, row.get("body")))).transpose()
}

fn day(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}
