use axum::Json;
use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trunkline_core::Role;
use trunkline_core::events::Source;
use trunkline_store::QualifiedId;
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::webhooks::{self, Replayed, WebhookFilter, WebhookState};
use utoipa::ToSchema;

use super::list::after_epoch;
use crate::State;
use crate::api::{Body, Id, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// So many are put into the queue by one request.
pub(crate) const MOST: i64 = 10_000;

/// So many are counted at most.
pub(crate) const COUNTED: i64 = 100_000;

/// Which webhooks are worked on again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// Of one partner account.
    #[serde(default)]
    partner_account_id: Option<i32>,
    /// Of one stream.
    #[serde(default)]
    #[schema(schema_with = super::source, required = false)]
    source: Option<Source>,
    /// That stand so.
    #[serde(default)]
    #[schema(schema_with = super::state, required = false)]
    state: Option<WebhookState>,
    /// That came at this instant or later.
    #[schema(schema_with = schema::timestamp)]
    #[serde(deserialize_with = "crate::api::instant::required")]
    since: Timestamp,
    /// That came before this instant.
    #[schema(schema_with = schema::timestamp)]
    #[serde(deserialize_with = "crate::api::instant::required")]
    until: Timestamp,
    /// That told something of the message with this id, as far as they were worked on.
    #[serde(default)]
    message_id: Option<String>,
    /// That told something of this channel, as `meta-7`, as far as they were worked on.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "meta-7")]
    channel_id: Option<QualifiedId>,
    /// Count them, and do no more.
    #[serde(default)]
    #[schema(required = false)]
    dry_run: bool,
    /// Behind this one: `last` of the answer before, where there are more than one request takes.
    #[serde(default)]
    #[schema(required = false)]
    after: Option<i64>,
}

/// What is worked on again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayAnswer {
    /// So many webhooks.
    webhooks: i64,
    /// The id of the last of them, if there may be more.
    last: Option<i64>,
}

/// Work on one webhook again
///
/// What it says is not applied twice: events that are known change nothing. It takes an operator's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/replay",
    tag = "Webhooks",
    params(("id" = i64, Path, description = "Its id")),
    responses((status = 200, description = "It is in the queue", body = ReplayAnswer)),
)]
pub(super) async fn replay_webhook(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<ReplayAnswer>, Problem> {
    caller.require_platform(Role::Operator)?;
    replay_one(&state, &caller.actor(), id).await?;
    Ok(Json(ReplayAnswer { webhooks: 1, last: None }))
}

/// Puts one into the queue again, with its entry in the audit log.
pub(crate) async fn replay_one(state: &State, actor: &Actor, id: i64) -> Result<(), Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    if !webhooks::replay_webhook(transaction.executor(), id).await? {
        return Err(Problem::not_found("webhook"));
    }
    note(actor, state, transaction.executor(), id.to_string(), json!({ "webhooks": 1 })).await?;
    Ok(transaction.commit().await?)
}

/// Work on webhooks again
///
/// All that fit, the oldest first, up to 10,000 at a time; `dry_run` counts them, up to 100,000. What they say is not applied twice. It takes an operator's key of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/replay",
    tag = "Webhooks",
    request_body = ReplayRequest,
    responses((status = 200, description = "They are in the queue", body = ReplayAnswer)),
)]
pub(super) async fn replay_webhooks(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(request): Body<ReplayRequest>,
) -> Result<Json<ReplayAnswer>, Problem> {
    caller.require_platform(Role::Operator)?;
    let (since, until) = (after_epoch(request.since), after_epoch(request.until));
    let filter = WebhookFilter {
        account_id: request.partner_account_id,
        source: request.source,
        state: request.state,
        since: Some(since),
        until: Some(until),
        contains: None,
        message_id: request.message_id.as_deref(),
        channel: request.channel_id,
    };
    if request.dry_run {
        let connection = state.store.connection().await?;
        let executor = connection.executor();
        let found =
            webhooks::count_webhooks_like(executor, &filter, request.after, COUNTED).await?;
        return Ok(Json(ReplayAnswer { webhooks: found, last: None }));
    }
    let Replayed { webhooks, last } =
        replay_many(&state, &caller.actor(), &filter, request.after).await?;
    Ok(Json(ReplayAnswer { webhooks, last: last.filter(|_| webhooks == MOST) }))
}

/// Puts those that fit into the queue again, up to [`MOST`], with their entry in the audit log.
pub(crate) async fn replay_many(
    state: &State,
    actor: &Actor,
    filter: &WebhookFilter<'_>,
    after: Option<i64>,
) -> Result<Replayed, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let replayed = webhooks::replay_webhooks(executor, filter, after, MOST).await?;
    let told =
        json!({ "webhooks": replayed.webhooks, "since": filter.since, "until": filter.until });
    note(actor, state, executor, "many".to_owned(), told).await?;
    transaction.commit().await?;
    Ok(replayed)
}

async fn note(
    actor: &Actor,
    state: &State,
    executor: trunkline_store::Executor<'_>,
    object_id: String,
    after: serde_json::Value,
) -> Result<(), Problem> {
    let act = Act {
        action: "webhook.replayed",
        object_kind: "webhook",
        object_id,
        company_id: None,
        before: None,
        after: Some(after),
    };
    Ok(insert_audit_entry(executor, actor, &act, state.clock.now()).await?)
}
