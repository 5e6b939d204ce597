use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::events::Source;
use trunkline_store::webhooks::{self, WebhookFilter, WebhookState};
use trunkline_store::{QualifiedId, Window};
use utoipa::IntoParams;

use super::Webhook;
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::{FieldProblem, Problem};

/// Which webhooks; the newest come first.
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
    /// Of one stream.
    #[param(schema_with = super::source, required = false)]
    source: Option<Source>,
    /// That stand so.
    #[param(schema_with = super::state, required = false)]
    state: Option<WebhookState>,
    /// That came at this instant or later.
    #[param(schema_with = schema::timestamp, required = false)]
    since: Option<Timestamp>,
    /// That came before this instant.
    #[param(schema_with = schema::timestamp, required = false)]
    until: Option<Timestamp>,
    /// In whose body this text stands, as an id of a message; give `since` too, two days back at most.
    #[param(min_length = 4, max_length = 200)]
    contains: Option<String>,
    /// That told something of the message with this id, as far as they were worked on.
    #[param(min_length = 1, max_length = 300)]
    message_id: Option<String>,
    /// That told something of this channel, as `meta-7`, as far as they were worked on.
    #[param(value_type = Option<String>, example = "meta-7")]
    channel_id: Option<QualifiedId>,
}

/// List webhooks
///
/// The newest first, without their bodies. It takes a key of the platform; `contains` one of an administrator, because it reads bodies.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "Webhooks",
    params(Filters),
    responses((status = 200, description = "A page of webhooks", body = Page<Webhook>,
        headers(("Link" = Option<String>, description = "The next page, rel=next")))),
)]
pub(super) async fn list_webhooks(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Webhook>, Problem> {
    let needed = if filters.contains.is_some() { Role::Admin } else { Role::Viewer };
    caller.require_platform(needed)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let filter = WebhookFilter {
        account_id: filters.partner_account_id,
        source: filters.source,
        state: filters.state,
        since: filters.since.map(after_epoch),
        until: filters.until.map(after_epoch),
        contains: filters.contains.as_deref(),
        message_id: filters.message_id.as_deref(),
        channel: filters.channel_id,
    };
    check_search(&state, &filter)?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let rows = webhooks::list_webhooks(connection.executor(), &filter, &window).await?;
    Ok(pager.listing(rows, filters.limit, &"-id", |webhook| webhook.id))
}

/// PostgreSQL's times begin later than those of RFC 3339; nothing came before 1970.
pub(super) fn after_epoch(time: Timestamp) -> Timestamp {
    time.max(Timestamp::UNIX_EPOCH)
}

/// No index helps to look into bodies, so that it is done within two days at most.
pub(crate) fn check_search(state: &State, filter: &WebhookFilter<'_>) -> Result<(), Problem> {
    let Some(text) = filter.contains else { return Ok(()) };
    let refuse = |field: &str, message: &str| {
        let (field, message) = (field.to_owned(), message.to_owned());
        Err(Problem::invalid(vec![FieldProblem { field, message }]))
    };
    if !(4..=200).contains(&text.chars().count()) {
        return refuse("contains", "it has 4 to 200 characters");
    }
    let until = filter.until.unwrap_or_else(|| state.clock.now());
    let hours = filter.since.map(|since| until.duration_since(since).as_hours());
    if hours.is_none_or(|hours| hours > 48) {
        return refuse("since", "give it with contains, two days before until or now at most");
    }
    Ok(())
}
