use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::events::EventKind;
use trunkline_store::events::{self, EventFilter};
use trunkline_store::{QualifiedId, Window};
use utoipa::IntoParams;

use super::open;
use crate::State;
use crate::api::events::{Event, kind};
use crate::api::{Id, Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which events.
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
    /// Of one kind.
    #[param(schema_with = kind, required = false)]
    kind: Option<EventKind>,
    /// Those of its client too that are of none of its channels, as a limit that is of the portfolio.
    #[param(required = false)]
    #[serde(default)]
    client: bool,
    /// Those of messages too; so it is where `kind` is one of these.
    #[param(required = false)]
    #[serde(default)]
    messages: bool,
}

/// List a channel's events
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/events",
    tag = "Channels",
    params(("id" = String, Path, description = "The channel's id, as `meta-7`"), Filters),
    responses((status = 200, description = "A page of events", body = Page<Event>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_channel_events(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Event>, Problem> {
    let (connection, channel) = open(&caller, &state, id).await?;
    let client = filters.client.then(|| channel.read()).transpose()?;
    let filter = EventFilter {
        channel: Some(id),
        client: client.map(|channel| channel.client_id),
        kind: filters.kind,
        with_messages: filters.messages || filters.kind.is_some_and(EventKind::is_of_message),
        ..EventFilter::default()
    };
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: filters.limit.get() };
    let found = events::list_events(connection.executor(), &filter, caller.scope, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |event| event.id))
}
