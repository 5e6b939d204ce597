use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::events::{EventKey, EventKind, MessageError, MessageStatus};
use trunkline_core::{Provider, Scope};

use super::known::bytes;
use crate::row::word;
use crate::{Executor, QualifiedId, StoreError, Window};

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its id; a greater one was kept later.
    pub id: i64,
    /// Our name for it.
    pub kind: EventKind,
    /// At which provider.
    pub provider: Provider,
    /// The provider's name for it; `None`: of a message.
    pub provider_kind: Option<String>,
    /// The client that it is about.
    pub client_id: Option<QualifiedId>,
    /// The channel that it is about.
    pub channel_id: Option<QualifiedId>,
    /// When it happened, as far as the provider said.
    pub occurred_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// `applied`, `unchanged` or `stale`.
    pub outcome: String,
    /// The message, where it is of one.
    pub message: Option<KeptMessage>,
    /// The part of the body that it was read from, as JSON.
    pub raw: Option<String>,
}

/// What is kept of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// What the provider calls it.
    pub id: String,
    /// Its status, or the type of one that came in; in the provider's word.
    pub word: String,
    /// Why it failed.
    pub error: Option<MessageError>,
}

impl KeptEvent {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let provider = word(row, "provider")?;
        let qualified = |column: &str| {
            let number: Option<i32> = row.get(column);
            number.map(|number| QualifiedId { provider, number })
        };
        let (message, code): (Option<String>, Option<String>) =
            (row.get("message_id"), row.get("error_code"));
        Ok(Self {
            id: row.get("id"),
            kind: word(row, "kind").unwrap_or(EventKind::Other),
            provider,
            provider_kind: row.get("provider_kind"),
            client_id: qualified("client_id"),
            channel_id: qualified("channel_id"),
            occurred_at: row.get("occurred_at"),
            received_at: row.get("received_at"),
            outcome: row.get("outcome"),
            message: message.map(|id| KeptMessage {
                id,
                word: row.get::<_, Option<String>>("word").unwrap_or_default(),
                error: code.map(|code| MessageError { code, title: row.get("error_title") }),
            }),
            raw: row.get("raw"),
        })
    }
}

/// The columns of [`KeptEvent::read`].
macro_rules! columns {
    () => {
        "id, kind, provider, provider_kind, client_id, channel_id, occurred_at, received_at, outcome, message_id, word,
        error_code, error_title, raw"
    };
}

/// Which events are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter {
    /// Of this channel.
    pub channel: Option<QualifiedId>,
    /// And those of this client that are of none of its channels; with `channel` alone.
    pub client: Option<QualifiedId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// At this provider.
    pub provider: Option<Provider>,
    /// Those of messages too; without, the life of accounts and numbers alone. Only for one channel.
    pub with_messages: bool,
}

/// Events, the newest first; the window's place is the id.
pub async fn list_events(
    executor: Executor<'_>,
    filter: &EventFilter,
    scope: Scope,
    window: &Window<i64>,
) -> Result<Vec<KeptEvent>, StoreError> {
    let (kind, provider) =
        (filter.kind.map(EventKind::as_str), filter.provider.map(Provider::as_str));
    let channel = filter.channel.map(|id| id.number);
    let channel_provider = filter.channel.map(|id| id.provider.as_str());
    let client = filter.client.map(|id| id.number);
    let company = scope.company();
    let mut conditions: Vec<String> = Vec::new();
    let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::new();
    macro_rules! demand {
        ($condition:literal, $value:expr) => {
            if let Some(value) = &$value {
                parameters.push(value);
                conditions.push(format!("{} ${}", $condition, parameters.len()));
            }
        };
    }
    demand!("provider =", channel_provider);
    demand!("kind =", kind);
    demand!("provider =", provider);
    demand!("id <", window.after);
    let common = conditions.clone();
    demand!("channel_id =", channel);
    if !(filter.with_messages && channel.is_some()) {
        conditions.push("message_id IS NULL".to_owned());
    }
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let rows = window.rows();
    parameters.push(&rows);
    let limit = parameters.len();
    let query = if company.is_some() && channel.is_none() {
        parameters.push(&company);
        of_company(&wanted, limit)
    } else if let (Some(_), Some(client)) = (channel, &client) {
        parameters.push(client);
        with_client(&wanted, &common.join(" AND "), limit)
    } else {
        format!(
            "SELECT {}
            FROM trunkline.events
            WHERE {wanted}
            ORDER BY id DESC
            LIMIT ${limit}",
            columns!()
        )
    };
    let rows = executor.rows("list events", &query, &parameters).await?;
    rows.iter().map(KeptEvent::read).collect()
}

/// The newest of a channel and of its client, each from an index, and of these the newest.
fn with_client(wanted: &str, common: &str, limit: usize) -> String {
    let client = limit + 1;
    format!(
        "SELECT *
        FROM (
            (SELECT {columns}
            FROM trunkline.events
            WHERE {wanted}
            ORDER BY id DESC
            LIMIT ${limit})
            UNION ALL
            (SELECT {columns}
            FROM trunkline.events
            WHERE client_id = ${client} AND channel_id IS NULL AND message_id IS NULL AND {common}
            ORDER BY id DESC
            LIMIT ${limit})
        ) AS newest
        ORDER BY id DESC
        LIMIT ${limit}",
        columns = columns!()
    )
}

/// The newest of each channel and client of a company, from an index, and of these the newest.
fn of_company(wanted: &str, limit: usize) -> String {
    let company = limit + 1;
    format!(
        "WITH mine AS (
            SELECT 'meta' AS whose, channel.id AS channel, NULL::INTEGER AS client
            FROM public.meta_whatsapp_clients AS owner
            JOIN public.meta_whatsapp_phone_numbers AS channel ON channel.client_id = owner.id
            WHERE owner.company_id = ${company}
            UNION ALL
            SELECT '360dialog', channel.id, NULL
            FROM public.dialog_360_clients AS owner
            JOIN public.dialog_360_channels AS channel ON channel.client_id = owner.id
            WHERE owner.company_id = ${company}
            UNION ALL
            SELECT 'twilio', channel.id, NULL
            FROM trunkline.twilio_clients AS owner
            JOIN trunkline.twilio_senders AS channel ON channel.client_id = owner.id
            WHERE owner.company_id = ${company}
            UNION ALL
            SELECT 'meta', NULL, id
            FROM public.meta_whatsapp_clients
            WHERE company_id = ${company}
            UNION ALL
            SELECT '360dialog', NULL, id
            FROM public.dialog_360_clients
            WHERE company_id = ${company}
            UNION ALL
            SELECT 'twilio', NULL, id
            FROM trunkline.twilio_clients
            WHERE company_id = ${company}
        )
        SELECT newest.*
        FROM mine
        CROSS JOIN LATERAL (
            (SELECT {columns}
            FROM trunkline.events
            WHERE channel_id = mine.channel AND provider = mine.whose AND {wanted}
            ORDER BY id DESC
            LIMIT ${limit})
            UNION ALL
            (SELECT {columns}
            FROM trunkline.events
            WHERE client_id = mine.client AND channel_id IS NULL AND provider = mine.whose AND {wanted}
            ORDER BY id DESC
            LIMIT ${limit})
        ) AS newest
        ORDER BY newest.id DESC
        LIMIT ${limit}",
        columns = columns!()
    )
}

/// The keys under which a message is kept: the first and the last of its statuses, and that it came in.
pub(crate) fn message_keys(message_id: &str) -> [Vec<u8>; 3] {
    let status = EventKey::of_status(message_id, None, MessageStatus::Sent);
    let received = EventKey::of(&[b"message", message_id.as_bytes()]);
    [bytes(status.first_of_message()), bytes(status.last_of_message()), bytes(received)]
}

/// What is kept of one message, in the order in which it was told.
pub async fn list_message_events(
    executor: Executor<'_>,
    message_id: &str,
) -> Result<Vec<KeptEvent>, StoreError> {
    let [low, high, received] = message_keys(message_id);
    let query = concat!(
        "SELECT ",
        columns!(),
        "
        FROM trunkline.events
        WHERE message_id = $4 AND (key = $3 OR key >= $1 AND key <= $2)
        ORDER BY id"
    );
    let parameters: crate::database::Parameters<'_> = &[&low, &high, &received, &message_id];
    let rows = executor.rows("look for a message", query, parameters).await?;
    rows.iter().map(KeptEvent::read).collect()
}
