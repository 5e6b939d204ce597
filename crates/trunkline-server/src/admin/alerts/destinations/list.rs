use std::collections::HashMap;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::alerts::{
    Destination, DestinationKind, list_destinations, list_last_attempts,
};

use super::{kind_word, target, told_of};
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, Time};
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    cursor: Option<String>,
}

struct Row {
    id: i32,
    name: String,
    kind: &'static str,
    target: String,
    told_of: String,
    is_active: bool,
    /// When it was last tried to tell it, and why that failed.
    last: Option<(Time, String)>,
}

#[derive(Template)]
#[template(path = "alerts/destinations.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    first: String,
    next: String,
    /// Whether e-mail is wanted and no server is configured.
    lacks_mail: bool,
}

/// The destinations, in the order in which they were added.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Query(filters) = filters?;
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"id")?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let found = list_destinations(executor, &window).await?;
    let listing = pager.listing::<_, Destination, _>(found, limit, &"id", |row| row.id);
    let found = listing.page.items;
    let ids: Vec<i32> = found.iter().map(|destination| destination.id).collect();
    let attempts = list_last_attempts(executor, &ids).await?;
    let mut attempts: HashMap<i32, (Time, String)> = attempts
        .into_iter()
        .map(|(id, error, at)| (id, (at.into(), error.unwrap_or_default())))
        .collect();
    let has_email = found.iter().any(|found| found.kind == DestinationKind::Email);
    let rows = found.into_iter().map(|found| Row {
        id: found.id,
        kind: kind_word(found.kind),
        target: target(&found),
        told_of: told_of(&found),
        is_active: found.is_active,
        last: attempts.remove(&found.id),
        name: found.name,
    });
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Alerts),
        rows: rows.collect(),
        first: filters.cursor.map(|_| "/admin/alerts/destinations".to_owned()).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        lacks_mail: has_email && state.settings.mail.host.is_none(),
    }))
}
