use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::syncs::{SyncKind, SyncState};
use trunkline_core::{Provider, Role};
use trunkline_store::Window;
use trunkline_store::syncs::{self, SyncFilter};
use utoipa::IntoParams;

use super::{Sync, kind, state};
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which syncs; the newest come first.
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
    /// Of one partner account.
    partner_account_id: Option<i32>,
    /// At one provider.
    #[param(schema_with = schema::provider, required = false)]
    provider: Option<Provider>,
    /// Of one kind.
    #[param(schema_with = kind, required = false)]
    kind: Option<SyncKind>,
    /// So far.
    #[param(schema_with = state, required = false)]
    state: Option<SyncState>,
    /// Dry runs, or those that are none.
    dry_run: Option<bool>,
}

/// List syncs
///
/// The newest first. It takes a key of the platform: a partner account serves many companies. What a sync changed of a
/// company's channels, a key of that company sees in their history and in its alerts.
#[utoipa::path(
    get,
    path = "/api/v1/syncs",
    tag = "Syncs",
    params(Filters),
    responses((status = 200, description = "A page of syncs", body = Page<Sync>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_syncs(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Sync>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let filter = SyncFilter {
        account_id: filters.partner_account_id,
        provider: filters.provider,
        kind: filters.kind,
        state: filters.state,
        is_dry: filters.dry_run,
    };
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let found = syncs::list_syncs(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |run| run.id))
}
