use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::events::EventKind;
use trunkline_core::{Provider, Role, Scope};
use trunkline_store::channels::find_channel;
use trunkline_store::events::{self, EventFilter, KeptEvent};
use trunkline_store::{Connection, Window};
use utoipa::IntoParams;

use super::{Event, kind};
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::{FieldProblem, Problem};

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
    /// Of one kind; of `message.` only with `message_id`.
    #[param(schema_with = kind, required = false)]
    kind: Option<EventKind>,
    /// At one provider.
    #[param(schema_with = schema::provider, required = false)]
    provider: Option<Provider>,
    /// Of one message, by the provider's id: all that became of it, in one page.
    #[param(max_length = 300)]
    message_id: Option<String>,
}

/// List events
///
/// The newest first: the life of accounts and numbers. Those of messages are listed for one channel, or here for one
/// message. A key of one company sees those of its clients and channels.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "Events",
    params(Filters),
    responses((status = 200, description = "A page of events", body = Page<Event>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_events(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Event>, Problem> {
    caller.require(Role::Viewer)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let connection = state.store.connection().await?;
    if let Some(id) = &filters.message_id {
        let found = events::list_message_events(connection.executor(), id).await?;
        let items = visible(&connection, found, caller.scope).await?;
        let is_wanted = |event: &KeptEvent| {
            filters.kind.is_none_or(|kind| event.kind == kind)
                && filters.provider.is_none_or(|provider| event.provider == provider)
        };
        let items = items.into_iter().filter(is_wanted).map(Event::from).collect();
        return Ok(Listing { page: Page { items, next_cursor: None }, next: None });
    }
    if filters.kind.is_some_and(EventKind::is_of_message) {
        let message = "events of messages are listed for one message, with message_id, or for one channel, with \
             /api/v1/channels/{id}/events?messages=true";
        let field = FieldProblem { field: "kind".to_owned(), message: message.to_owned() };
        return Err(Problem::invalid(vec![field]));
    }
    let filter =
        EventFilter { kind: filters.kind, provider: filters.provider, ..EventFilter::default() };
    let window = Window { after, limit: filters.limit.get() };
    let found = events::list_events(connection.executor(), &filter, caller.scope, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |event| event.id))
}

/// Those of a message whose channel the scope includes.
async fn visible(
    connection: &Connection,
    events: Vec<KeptEvent>,
    scope: Scope,
) -> Result<Vec<KeptEvent>, Problem> {
    if scope == Scope::Platform {
        return Ok(events);
    }
    let mut visible = Vec::new();
    for event in events {
        let Some(id) = event.channel_id else { continue };
        if find_channel(connection.executor(), id, scope).await?.is_some() {
            visible.push(event);
        }
    }
    Ok(visible)
}
