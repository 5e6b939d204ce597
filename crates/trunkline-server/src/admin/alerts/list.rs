use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::{Provider, Role};
use trunkline_store::Window;
use trunkline_store::alerts::{AlertFilter, AlertRule, AlertState, list_alerts};

use super::Row;
use crate::State;
use crate::admin::filter::{self, PROVIDERS};
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::alerts::title;
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    state: Option<AlertState>,
    #[serde(deserialize_with = "filter::word")]
    rule: Option<AlertRule>,
    #[serde(deserialize_with = "filter::word")]
    provider: Option<Provider>,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "alerts/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    rules: Vec<(String, String)>,
    state: &'static str,
    rule: &'static str,
    provider: &'static str,
    company: String,
    first: String,
    next: String,
    is_filtered: bool,
    /// Whether the viewer may acknowledge and resolve.
    may_act: bool,
    /// Whether the viewer may say who is told.
    may_configure: bool,
}

const STATES: [(&str, &str); 3] =
    [("open", "Open"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")];

/// The alerts, the newest first.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Query(filters) = filters?;
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: limit.get() };
    let wanted = AlertFilter {
        state: filters.state,
        rule: filters.rule,
        provider: filters.provider,
        company_id: filters.company,
    };
    let connection = state.store.connection().await?;
    let found = list_alerts(connection.executor(), &wanted, &window).await?;
    let listing = pager.listing::<_, Row, _>(found, limit, &"-id", |alert| alert.id);
    let company = filters.company.map(|id| id.to_string()).unwrap_or_default();
    let (word, rule, provider) = (
        filters.state.map_or("", AlertState::as_str),
        filters.rule.map_or("", AlertRule::as_str),
        filters.provider.map_or("", Provider::as_str),
    );
    let set = [
        ("state", word.to_owned()),
        ("rule", rule.to_owned()),
        ("provider", provider.to_owned()),
        ("company", company.clone()),
    ];
    let base = filter::address("/admin/alerts", &set);
    let rules = AlertRule::ALL.iter().map(|rule| (rule.as_str().into(), title(*rule).into()));
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Alerts),
        rows: listing.page.items,
        rules: rules.collect(),
        is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
        state: word,
        rule,
        provider,
        company,
        first: filters.cursor.map(|_| base).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        may_act: administrator.require(Role::Operator).is_ok(),
        may_configure: administrator.require(Role::Admin).is_ok(),
    }))
}
