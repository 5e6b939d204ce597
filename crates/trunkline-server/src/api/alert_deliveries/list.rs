use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::alerts::{DeliveryFilter, DeliveryState, list_deliveries};
use utoipa::IntoParams;

use super::{AlertDelivery, state};
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which deliveries; the newest come first.
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
    /// To one destination.
    destination_id: Option<i32>,
    /// Of one alert.
    alert_id: Option<i32>,
    /// In one part of their life.
    #[param(schema_with = state, required = false)]
    state: Option<DeliveryState>,
}

/// List what was said of alerts
///
/// The newest first, with what came of it.
#[utoipa::path(
    get,
    path = "/api/v1/alert-deliveries",
    tag = "Alerts",
    params(Filters),
    responses((status = 200, description = "A page of deliveries", body = Page<AlertDelivery>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_alert_deliveries(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<AlertDelivery>, Problem> {
    caller.require_platform(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: filters.limit.get() };
    let filter = DeliveryFilter {
        destination_id: filters.destination_id,
        alert_id: filters.alert_id,
        state: filters.state,
    };
    let connection = state.store.connection().await?;
    let found = list_deliveries(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |delivery| delivery.id))
}
