//! `/admin/audit-log`: who did what, when, from where, and what it was before and after.

mod difference;

use askama::Template;
use axum::Router;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use tokio::try_join;
use trunkline_store::Window;
use trunkline_store::audit_log::{
    ActorKind, AuditEntry, AuditFilter, list_audit_actions, list_audit_entries,
};

use super::{Frame, Page, PageProblem, Section, Time, filter};
use crate::State;
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;
use difference::{Change, difference};

pub(super) fn router() -> Router<State> {
    Router::new().route("/audit-log", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filters {
    #[serde(deserialize_with = "filter::word")]
    actor: Option<ActorKind>,
    #[serde(deserialize_with = "filter::parsed")]
    actor_id: Option<i32>,
    action: String,
    object: String,
    object_id: String,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    #[serde(deserialize_with = "filter::parsed")]
    from: Option<Date>,
    #[serde(deserialize_with = "filter::parsed")]
    until: Option<Date>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "audit_log/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    actions: Vec<(String, String)>,
    actor: &'static str,
    chosen_action: String,
    object: String,
    company: String,
    from: String,
    until: String,
    first: String,
    next: String,
    is_filtered: bool,
}

/// An entry as its row shows it.
struct Row {
    when: Time,
    actor: String,
    actor_kind: &'static str,
    action: String,
    object: String,
    /// The address of the list with this object's entries alone.
    object_entries: String,
    company: String,
    address: String,
    request: String,
    changes: Vec<Change>,
}

impl From<AuditEntry> for Row {
    fn from(entry: AuditEntry) -> Self {
        let object =
            [("object", entry.object_kind.clone()), ("object_id", entry.object_id.clone())];
        let object_entries = filter::address("/admin/audit-log", &object);
        Self {
            when: entry.occurred_at.into(),
            actor: entry.actor_name,
            actor_kind: actor_word(entry.actor_kind),
            action: entry.action,
            object: format!("{} {}", entry.object_kind.replace('_', " "), entry.object_id),
            object_entries: object_entries.trim_end_matches('&').to_owned(),
            company: entry.company_id.map(|id| format!("company {id}")).unwrap_or_default(),
            address: entry.address.unwrap_or_default(),
            request: entry.request_id.unwrap_or_default(),
            changes: difference(entry.before.as_ref(), entry.after.as_ref()),
        }
    }
}

const ACTORS: [(&str, &str); 4] = [
    ("user", "Users"),
    ("api_key", "API keys"),
    ("command", "Command line"),
    ("system", "Trunkline itself"),
];

fn actor_word(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::User => "user",
        ActorKind::ApiKey => "API key",
        ActorKind::Command => "command line",
        ActorKind::System => "system",
    }
}

/// The entries, the newest first.
async fn list(
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
    let wanted = AuditFilter {
        actor_kind: filters.actor,
        actor_id: filters.actor_id,
        action: given(&filters.action),
        object_kind: given(&filters.object),
        object_id: given(&filters.object_id),
        company_id: filters.company,
        since: filters.from.and_then(midnight),
        until: filters.until.and_then(|day| midnight(day.tomorrow().ok()?)),
    };
    let connection = state.store.connection().await?;
    let (entries, actions) = try_join!(
        list_audit_entries(connection.executor(), &wanted, &window),
        list_audit_actions(connection.executor()),
    )?;
    let listing = pager.listing::<_, Row, _>(entries, limit, &"-id", |entry| entry.id);
    let frame = administrator.frame(&headers, Section::AuditLog);
    let actions = actions.into_iter().map(|action| (action.clone(), action)).collect();
    let next = listing.next.unwrap_or_default();
    Ok(Page(ListPage::new(frame, listing.page.items, actions, filters, next)))
}

impl ListPage {
    fn new(
        frame: Frame,
        rows: Vec<Row>,
        actions: Vec<(String, String)>,
        filters: Filters,
        next: String,
    ) -> Self {
        let text = |number: Option<i32>| number.map(|id| id.to_string()).unwrap_or_default();
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let actor = filters.actor.map_or("", ActorKind::as_str);
        let company = text(filters.company);
        let (from, until) = (day(filters.from), day(filters.until));
        let set = [
            ("actor", actor.to_owned()),
            ("actor_id", text(filters.actor_id)),
            ("action", filters.action.clone()),
            ("object", filters.object.clone()),
            ("object_id", filters.object_id.clone()),
            ("company", company.clone()),
            ("from", from.clone()),
            ("until", until.clone()),
        ];
        let base = filter::address("/admin/audit-log", &set);
        Self {
            frame,
            rows,
            actions,
            actor,
            is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
            first: filters.cursor.map(|_| base).unwrap_or_default(),
            chosen_action: filters.action,
            object: [filters.object, filters.object_id].join(" ").trim().to_owned(),
            company,
            from,
            until,
            next,
        }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// The beginning of a day in UTC; nothing was written before 1970.
fn midnight(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(midnight.max(Timestamp::UNIX_EPOCH))
}
