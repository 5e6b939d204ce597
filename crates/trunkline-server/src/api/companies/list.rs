use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::{Window, companies};
use utoipa::IntoParams;

use super::Company;
use crate::State;
use crate::api::{Checks, Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// The one order of this list.
const ORDER: &str = "id";

/// Which companies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// So many at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// The name begins so; upper and lower case are the same.
    #[param(min_length = 1, max_length = 100)]
    name_prefix: Option<String>,
}

/// List companies, by id.
#[utoipa::path(
    get,
    path = "/api/v1/companies",
    tag = "Companies",
    params(Filters),
    responses((status = 200, description = "A page of companies", body = Page<Company>,
        headers(("Link" = Option<String>, description = "The next page, rel=next")))),
)]
pub(super) async fn list_companies(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Company>, Problem> {
    caller.require(Role::Viewer)?;
    if let Some(prefix) = &filters.name_prefix {
        let mut checks = Checks::default();
        checks.line("name_prefix", prefix, 100);
        checks.finish()?;
    }
    let after = pager.after(filters.cursor.as_deref(), &ORDER)?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let (executor, prefix) = (connection.executor(), filters.name_prefix.as_deref());
    let rows = companies::list_companies(executor, caller.scope, prefix, &window).await?;
    Ok(pager.listing(rows, filters.limit, &ORDER, |company| company.id))
}
