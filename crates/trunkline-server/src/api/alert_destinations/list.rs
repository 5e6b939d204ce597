use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::alerts::list_destinations;
use utoipa::IntoParams;

use super::AlertDestination;
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which destinations; the oldest come first.
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
}

/// List destinations of alerts
///
/// In the order in which they were added.
#[utoipa::path(
    get,
    path = "/api/v1/alert-destinations",
    tag = "Alerts",
    params(Filters),
    responses((status = 200, description = "A page of destinations", body = Page<AlertDestination>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_alert_destinations(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<AlertDestination>, Problem> {
    caller.require_platform(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &"id")?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let found = list_destinations(connection.executor(), &window).await?;
    let listing = pager.listing::<_, trunkline_store::alerts::Destination, _>(
        found,
        filters.limit,
        &"id",
        |destination| destination.id,
    );
    let (page, next) = (listing.page, listing.next);
    let items = page.items.into_iter().map(|found| AlertDestination::new(&state, found)).collect();
    Ok(Listing { page: Page { items, next_cursor: page.next_cursor }, next })
}
