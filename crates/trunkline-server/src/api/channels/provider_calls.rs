use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_store::provider_calls::{self, CallFilter};
use trunkline_store::{QualifiedId, Window};
use utoipa::IntoParams;

use super::open;
use crate::State;
use crate::api::provider_calls::ProviderCall;
use crate::api::{Id, Limit, Listing, Page, Pager, Query};
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
}

/// List the calls about a channel that must not be made twice
///
/// Registration, codes and new keys, each written down before it is sent; the newest come first. While one is open the same call
/// is refused (409), and an operator of the platform may settle it.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/provider-calls",
    tag = "Channels",
    params(("id" = String, Path, description = "The channel's id, as `meta-7`"), Filters),
    responses((status = 200, description = "A page of calls", body = Page<ProviderCall>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_channel_provider_calls(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ProviderCall>, Problem> {
    let (connection, channel) = open(&caller, &state, id).await?;
    let channel = channel.read()?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let filter = CallFilter {
        is_open: filters.open,
        channel: Some((id, &channel.provider_id)),
        ..CallFilter::default()
    };
    let window = Window { after, limit: filters.limit.get() };
    let found = provider_calls::list_calls(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |call| call.id))
}
