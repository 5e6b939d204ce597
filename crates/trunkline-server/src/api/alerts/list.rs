use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::{Provider, Role};
use trunkline_store::Window;
use trunkline_store::alerts::{self, AlertFilter, AlertRule, AlertState};
use utoipa::IntoParams;

use super::{Alert, rule, state};
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which alerts; the newest come first.
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
    /// In one part of their life.
    #[param(schema_with = state, required = false)]
    state: Option<AlertState>,
    /// Of one rule.
    #[param(schema_with = rule, required = false)]
    rule: Option<AlertRule>,
    /// At one provider.
    #[param(schema_with = schema::provider, required = false)]
    provider: Option<Provider>,
    /// Of one company.
    company_id: Option<i32>,
}

/// List alerts
///
/// The newest first. A key of one company sees those of that company.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "Alerts",
    params(Filters),
    responses((status = 200, description = "A page of alerts", body = Page<Alert>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_alerts(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Alert>, Problem> {
    caller.require(Role::Viewer)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let own = caller.scope.company();
    if own.is_some() && filters.company_id.is_some_and(|company| Some(company) != own) {
        return Ok(Listing::empty());
    }
    let filter = AlertFilter {
        state: filters.state,
        rule: filters.rule,
        provider: filters.provider,
        company_id: own.or(filters.company_id),
    };
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let found = alerts::list_alerts(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |alert| alert.id))
}
