use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::{ClientStatus, Provider};
use trunkline_store::clients::{Client, ClientField, ClientFilter, list_clients};
use trunkline_store::{Document, Sort, Window};

use super::super::companies::{Names, read_all};
use super::super::{Frame, Page, PageProblem, Section, filter, words};
use super::{ClientRow, LIST};
use crate::State;
use crate::api::{Limit, Order, Pager, Query, unsupported};
use crate::auth::Administrator;
use crate::problem::Problem;

/// What the filters say; empty: all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    provider: Option<Provider>,
    #[serde(deserialize_with = "filter::word")]
    status: Option<ClientStatus>,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    #[serde(deserialize_with = "filter::parsed")]
    account: Option<i32>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "clients/list.html")]
struct ListPage {
    frame: Frame,
    clients: Vec<ClientRow>,
    count: String,
    providers: Vec<(&'static str, String)>,
    statuses: Vec<(&'static str, String)>,
    provider: &'static str,
    status: &'static str,
    company: String,
    account: String,
    is_filtered: bool,
    first: String,
    next: String,
}

/// The clients, those that changed last first.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Query(filters) = filters?;
    let wanted = ClientFilter {
        provider: filters.provider,
        status: filters.status,
        company_id: filters.company,
        partner_account_id: filters.account,
        updated_since: None,
    };
    let sort = Sort { field: ClientField::UpdatedAt, descending: true };
    wanted.check(sort.field).map_err(unsupported)?;
    let (limit, order) = (Limit::default(), Order(sort));
    let after = pager.after(filters.cursor.as_deref(), &order)?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let rows = list_clients(executor, &wanted, sort, &window).await?;
    let rows: Vec<Client> = read_all(&rows, Document::read)?;
    let listing = pager.listing::<_, Client, _>(rows, limit, &order, |row| row.key(sort.field));
    let clients = listing.page.items;
    let names = Names::find(executor, clients.iter().map(|client| client.company_id)).await?;
    let rows = clients.into_iter().map(|client| ClientRow::new(client, &names)).collect();
    let frame = administrator.frame(&headers, Section::Clients);
    Ok(Page(ListPage::new(frame, rows, &filters, listing.next.unwrap_or_default())))
}

impl ListPage {
    fn new(frame: Frame, clients: Vec<ClientRow>, filters: &Filters, next: String) -> Self {
        let provider = filters.provider.map_or("", Provider::as_str);
        let status = filters.status.map_or("", ClientStatus::as_str);
        let company = filters.company.map(|id| id.to_string()).unwrap_or_default();
        let account = filters.account.map(|id| id.to_string()).unwrap_or_default();
        let set = [
            ("provider", provider.to_owned()),
            ("status", status.to_owned()),
            ("company", company.clone()),
            ("account", account.clone()),
        ];
        let first = filters.cursor.as_ref().map(|_| filter::address(LIST, &set));
        let first = first.unwrap_or_default();
        let is_part = !next.is_empty() || !first.is_empty();
        let providers = Provider::ALL.iter().map(|one| (one.as_str(), one.name().to_owned()));
        Self {
            frame,
            count: filter::counted(clients.len(), "client", "clients", is_part),
            clients,
            providers: providers.collect(),
            statuses: words::choices(ClientStatus::ALL, ClientStatus::as_str),
            provider,
            status,
            company,
            account,
            is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
            first,
            next,
        }
    }
}
