use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::alerts::{
    AlertChange, Delivery, DeliveryFilter, DeliveryState, list_deliveries,
};

use super::{kind_word, load, target, told_of};
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, Time, filter, redirect_with_toast};
use crate::alerts::{SecretSeen, Trial, retry, see_secret, title, try_destination};
use crate::api::{Id, Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    state: Option<DeliveryState>,
    cursor: Option<String>,
}

/// A delivery as its row shows it.
struct Row {
    id: i64,
    what: String,
    of_what: String,
    address: String,
    tone: &'static str,
    state: &'static str,
    attempts: i32,
    last: Option<Time>,
    next: Option<Time>,
    error: String,
    created: Time,
    can_retry: bool,
}

#[derive(Template)]
#[template(path = "alerts/destination.html")]
struct ShowPage {
    frame: Frame,
    name: String,
    here: String,
    kind: &'static str,
    target: String,
    told_of: String,
    is_active: bool,
    secret: Option<SecretSeen>,
    added: Time,
    changed: Time,
    /// What a test that was just sent came to.
    trials: Vec<Trial>,
    rows: Vec<Row>,
    state: &'static str,
    first: String,
    next: String,
}

const STATES: [(&str, &str); 3] =
    [("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Given up")];

impl From<Delivery> for Row {
    fn from(delivery: Delivery) -> Self {
        let what = match delivery.change {
            AlertChange::Opened => "opened",
            AlertChange::Worsened => "worsened",
            AlertChange::Acknowledged => "acknowledged",
            AlertChange::Resolved => "resolved",
        };
        let (tone, state) = match delivery.state {
            DeliveryState::Waiting if delivery.error.is_some() => ("warn", "Tried again"),
            DeliveryState::Waiting => ("info", "Waiting"),
            DeliveryState::Delivered => ("good", "Delivered"),
            DeliveryState::Failed => ("bad", "Given up"),
        };
        let is_waiting = delivery.state == DeliveryState::Waiting;
        let alert = &delivery.alert;
        Self {
            id: delivery.id,
            what: format!("{}: {what}", title(alert.rule)),
            of_what: alert.label.clone().unwrap_or_else(|| alert.subject_id.to_string()),
            address: delivery.address.unwrap_or_default(),
            tone,
            state,
            attempts: delivery.attempts,
            last: delivery.attempted_at.map(Time::from),
            next: is_waiting.then(|| delivery.due_at.into()),
            error: delivery.error.unwrap_or_default(),
            created: delivery.created_at.into(),
            can_retry: delivery.state == DeliveryState::Failed,
        }
    }
}

/// One destination, and what was said to it.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let (Id(id), Query(filters)) = (id?, filters?);
    let frame = administrator.frame(&headers, Section::Alerts);
    Ok(Page(page(frame, &state, &pager, id, filters, Vec::new()).await?))
}

/// Sends a test, and says what came of it.
pub(super) async fn test(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let destination = load(&state, id).await?;
    let trials = try_destination(&state, &administrator.actor(), &destination).await?;
    let frame = administrator.frame(&headers, Section::Alerts);
    Ok(Page(page(frame, &state, &pager, id, Filters::default(), trials).await?))
}

async fn page(
    frame: Frame,
    state: &State,
    pager: &Pager,
    id: i32,
    filters: Filters,
    trials: Vec<Trial>,
) -> Result<ShowPage, Problem> {
    let destination = load(state, id).await?;
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let wanted = DeliveryFilter {
        destination_id: Some(id),
        state: filters.state,
        ..DeliveryFilter::default()
    };
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let found = list_deliveries(connection.executor(), &wanted, &window).await?;
    let listing = pager.listing::<_, Row, _>(found, limit, &"-id", |delivery| delivery.id);
    let here = format!("/admin/alerts/destinations/{id}");
    let word = filters.state.map_or("", DeliveryState::as_str);
    Ok(ShowPage {
        frame,
        kind: kind_word(destination.kind),
        target: target(&destination),
        told_of: told_of(&destination),
        is_active: destination.is_active,
        secret: see_secret(state, &destination),
        added: destination.created_at.into(),
        changed: destination.updated_at.into(),
        name: destination.name,
        trials,
        rows: listing.page.items,
        state: word,
        first: filters
            .cursor
            .map(|_| filter::address(&here, &[("state", word.to_owned())]))
            .unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        here,
    })
}

/// Has one that was given up tried once more.
pub(super) async fn retry_delivery(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let delivery = retry(&state, &administrator.actor(), id).await?;
    let to = format!("/admin/alerts/destinations/{}", delivery.destination_id);
    Ok(redirect_with_toast(&to, "It is tried once more"))
}
