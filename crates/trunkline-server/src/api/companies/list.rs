use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::{Window, companies};
use utoipa::IntoParams;

use super::{Company, order};
use crate::State;
use crate::api::{Checks, Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

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
    /// The name begins so; upper and lower case are the same. Such a list is sorted by name.
    #[param(min_length = 1, max_length = 100)]
    name_prefix: Option<String>,
}

/// List companies: by id or, with `name_prefix`, by name.
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
    let prefix = filters.name_prefix.as_deref();
    let order = order(prefix);
    let after = pager.after(filters.cursor.as_deref(), &order)?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let rows = companies::list_companies(executor, caller.scope, prefix, &window).await?;
    Ok(pager.listing(rows, filters.limit, &order, companies::Company::clone))
}
