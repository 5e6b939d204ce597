use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::provider_calls::{self, CallFilter};
use utoipa::IntoParams;

use super::ProviderCall;
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which calls; the newest come first.
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
    /// Those of which it is not known what became (`begun`, `unknown`), or the others.
    open: Option<bool>,
    /// Of one partner account.
    partner_account_id: Option<i32>,
}

/// List calls that must not be made twice
///
/// Each is written down before it is sent. The newest come first. It takes a key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/provider-calls",
    tag = "Providers",
    params(Filters),
    responses((status = 200, description = "A page of calls", body = Page<ProviderCall>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_provider_calls(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ProviderCall>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let filter = CallFilter {
        is_open: filters.open,
        account_id: filters.partner_account_id,
        ..CallFilter::default()
    };
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let found = provider_calls::list_calls(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |call| call.id))
}
