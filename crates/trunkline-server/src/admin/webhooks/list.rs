use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use trunkline_core::events::Source;
use trunkline_store::Window;
use trunkline_store::webhooks::{Webhook, WebhookFilter, WebhookState, list_webhooks};

use super::{Frame, Page, PageProblem, Section, Time, filter, tone};
use crate::State;
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    state: Option<WebhookState>,
    #[serde(deserialize_with = "filter::word")]
    source: Option<Source>,
    #[serde(deserialize_with = "filter::parsed")]
    from: Option<Date>,
    #[serde(deserialize_with = "filter::parsed")]
    until: Option<Date>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "webhooks/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    state: &'static str,
    source: &'static str,
    from: String,
    until: String,
    first: String,
    next: String,
    is_filtered: bool,
}

/// A webhook as its row shows it.
struct Row {
    id: i64,
    came: Time,
    source: &'static str,
    account: i32,
    state: &'static str,
    tone: &'static str,
    length: i32,
    error: String,
}

impl From<Webhook> for Row {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            came: webhook.received_at.into(),
            source: webhook.source.as_str(),
            account: webhook.account_id,
            state: webhook.state.as_str(),
            tone: tone(webhook.state),
            length: webhook.length,
            error: webhook.error.unwrap_or_default(),
        }
    }
}

const STATES: [(&str, &str); 5] = [
    ("waiting", "Waiting"),
    ("retrying", "Tried again"),
    ("dead", "Dead letters"),
    ("quarantined", "Waiting for a client or channel"),
    ("done", "Done"),
];

const SOURCES: [(&str, &str); 5] = [
    ("meta", "Meta"),
    ("360dialog_events", "360dialog, partner events"),
    ("360dialog_numbers", "360dialog, numbers"),
    ("twilio_messages", "Twilio, messages"),
    ("twilio_status", "Twilio, status"),
];

/// The webhooks, the newest first.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Query(filters) = filters?;
    let limit = Limit::default();
    let window =
        Window { after: pager.after(filters.cursor.as_deref(), &"-id")?, limit: limit.get() };
    let wanted = WebhookFilter {
        source: filters.source,
        state: filters.state,
        since: filters.from.and_then(midnight),
        until: filters.until.and_then(|day| midnight(day.tomorrow().ok()?)),
        ..WebhookFilter::default()
    };
    let connection = state.store.connection().await?;
    let webhooks = list_webhooks(connection.executor(), &wanted, &window).await?;
    let listing = pager.listing::<_, Row, _>(webhooks, limit, &"-id", |webhook| webhook.id);
    let frame = administrator.frame(&headers, Section::Webhooks);
    Ok(Page(ListPage::new(frame, listing.page.items, filters, listing.next.unwrap_or_default())))
}

impl ListPage {
    fn new(frame: Frame, rows: Vec<Row>, filters: Filters, next: String) -> Self {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (state, source) = (
            filters.state.map_or("", WebhookState::as_str),
            filters.source.map_or("", Source::as_str),
        );
        let (from, until) = (day(filters.from), day(filters.until));
        let set = [
            ("state", state.to_owned()),
            ("source", source.to_owned()),
            ("from", from.clone()),
            ("until", until.clone()),
        ];
        let base = filter::address("/admin/webhooks", &set);
        let is_filtered = set.iter().any(|(_, value)| !value.is_empty());
        let first = filters.cursor.map(|_| base).unwrap_or_default();
        Self { frame, rows, state, source, from, until, first, next, is_filtered }
    }
}

/// The beginning of a day in UTC; nothing came before 1970.
fn midnight(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(midnight.max(Timestamp::UNIX_EPOCH))
}
