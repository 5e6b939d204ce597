use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::api_keys::{ApiKey, ApiKeyField, ApiKeyFilter, ApiKeyState, list_api_keys};

use super::Row;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, filter};
use crate::api::{Limit, Order, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    q: String,
    #[serde(deserialize_with = "filter::word")]
    state: Option<ApiKeyState>,
    #[serde(deserialize_with = "filter::word")]
    role: Option<Role>,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    sort: Order<ApiKeyField>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "api_keys/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    q: String,
    state: &'static str,
    role: &'static str,
    company: String,
    sort: String,
    /// The address with the filters, to which the order is appended.
    base: String,
    first: String,
    next: String,
    is_filtered: bool,
}

const STATES: [(&str, &str); 3] =
    [("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked")];
const ROLES: [(&str, &str); 3] =
    [("admin", "Admin"), ("operator", "Operator"), ("viewer", "Viewer")];

/// The keys, the newest first unless another order is asked for.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Query(filters) = filters?;
    let after = pager.after(filters.cursor.as_deref(), &filters.sort)?;
    let limit = Limit::default();
    let window = Window { after, limit: limit.get() };
    let wanted = ApiKeyFilter {
        company_id: filters.company,
        role: filters.role,
        state: filters.state,
        search: Some(filters.q.trim()).filter(|text| !text.is_empty()),
    };
    let connection = state.store.connection().await?;
    let now = state.clock.now();
    let keys = list_api_keys(connection.executor(), &wanted, filters.sort.0, &window, now).await?;
    let place = |key: &ApiKey| (key.name.clone(), key.id);
    let listing = pager.listing::<_, ApiKey, _>(keys, limit, &filters.sort, place);
    let rows = listing.page.items.into_iter().map(|key| Row::new(key, now)).collect();
    let company = filters.company.map(|id| id.to_string()).unwrap_or_default();
    let (word, role) =
        (filters.state.map_or("", ApiKeyState::as_str), filters.role.map_or("", Role::as_str));
    let set = [
        ("q", filters.q.clone()),
        ("state", word.to_owned()),
        ("role", role.to_owned()),
        ("company", company.clone()),
    ];
    let base = filter::address("/admin/api-keys", &set);
    let sort = filters.sort.to_string();
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::ApiKeys),
        rows,
        is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
        q: filters.q,
        state: word,
        role,
        company,
        first: filters.cursor.map(|_| format!("{base}sort={sort}")).unwrap_or_default(),
        sort,
        base,
        next: listing.next.unwrap_or_default(),
    }))
}
