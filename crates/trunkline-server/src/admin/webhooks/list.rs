use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::webhooks::{Webhook, list_webhooks};

use super::filters::{Filters, Typed};
use super::{Frame, LIST, Page, PageProblem, Section, Time, tone};
use crate::State;
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "webhooks/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    typed: Typed,
    first: String,
    next: String,
    is_filtered: bool,
    /// Whether the viewer may look into bodies.
    may_search: bool,
    /// Where these are worked on again; empty: the viewer may not.
    replay: String,
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
            source: called(&SOURCES, webhook.source.as_str()),
            account: webhook.account_id,
            state: called(&STATES, webhook.state.as_str()),
            tone: tone(webhook.state),
            length: webhook.length,
            error: webhook.error.unwrap_or_default(),
        }
    }
}

pub(super) const STATES: [(&str, &str); 5] = [
    ("waiting", "Waiting"),
    ("retrying", "Tried again"),
    ("dead", "Dead letter"),
    ("quarantined", "Waiting for a client or channel"),
    ("done", "Done"),
];

pub(super) const SOURCES: [(&str, &str); 5] = [
    ("meta", "Meta"),
    ("360dialog_events", "360dialog, partner events"),
    ("360dialog_numbers", "360dialog, numbers"),
    ("twilio_messages", "Twilio, messages"),
    ("twilio_status", "Twilio, status"),
];

/// What the filter calls this word.
pub(super) fn called(words: &[(&'static str, &'static str)], word: &'static str) -> &'static str {
    words.iter().find(|(known, _)| *known == word).map_or(word, |&(_, called)| called)
}

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
    let wanted = filters.wanted(&state, &administrator)?;
    let connection = state.store.connection().await?;
    let webhooks = list_webhooks(connection.executor(), &wanted, &window).await?;
    let listing = pager.listing::<_, Row, _>(webhooks, limit, &"-id", |webhook| webhook.id);
    let may_replay = administrator.require(Role::Operator).is_ok() && !filters.is_wide();
    let replay = may_replay.then(|| filters.address("/admin/webhooks/replay"));
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Webhooks),
        rows: listing.page.items,
        typed: filters.typed(),
        first: filters.cursor.as_ref().map(|_| filters.address(LIST)).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        is_filtered: filters.is_filtered(),
        may_search: administrator.require(Role::Admin).is_ok(),
        replay: replay.unwrap_or_default(),
    }))
}
