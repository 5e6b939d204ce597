use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::Scope;
use trunkline_store::Window;
use trunkline_store::companies::{Company, list_companies};

use super::super::{Frame, Page, PageProblem, Section, filter};
use super::{LIST, page_of};
use crate::State;
use crate::api::{Limit, Pager, Query, companies};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    /// How the name begins.
    name: String,
    cursor: Option<String>,
}

struct CompanyRow {
    href: String,
    title: String,
    id: i32,
}

impl From<Company> for CompanyRow {
    fn from(company: Company) -> Self {
        let name = company.name.filter(|name| !name.trim().is_empty());
        let title = name.unwrap_or_else(|| format!("Company {}", company.id));
        Self { href: page_of(company.id), title, id: company.id }
    }
}

#[derive(Template)]
#[template(path = "companies/list.html")]
struct ListPage {
    frame: Frame,
    companies: Vec<CompanyRow>,
    count: String,
    /// Not `name`: a macro would take its own parameter for it.
    prefix: String,
    first: String,
    next: String,
}

/// The companies.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Query(filters) = filters?;
    let limit = Limit::default();
    let prefix = Some(filters.name.trim()).filter(|name| !name.is_empty());
    let order = companies::order(prefix);
    let after = pager.after(filters.cursor.as_deref(), &order)?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let rows = list_companies(connection.executor(), Scope::Platform, prefix, &window).await?;
    let listing = pager.listing::<_, CompanyRow, _>(rows, limit, &order, Company::clone);
    let (companies, next) = (listing.page.items, listing.next.unwrap_or_default());
    let set = [("name", filters.name.clone())];
    let first = filters.cursor.map(|_| filter::address(LIST, &set)).unwrap_or_default();
    let is_part = !next.is_empty() || !first.is_empty();
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Companies),
        count: filter::counted(companies.len(), "company", "companies", is_part),
        companies,
        prefix: filters.name,
        first,
        next,
    }))
}
