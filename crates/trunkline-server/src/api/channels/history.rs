use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::events::Aspect;
use trunkline_store::events::{self, SubjectKind, SubjectRow, ToldBy};
use trunkline_store::{QualifiedId, Window};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::open;
use crate::State;
use crate::api::{Id, Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which changes.
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
    /// Of one aspect, as `quality`.
    #[param(schema_with = aspect, required = false)]
    aspect: Option<Aspect>,
}

fn aspect() -> Object {
    schema::words("Of what it speaks", Aspect::ALL.iter().map(|word| word.as_str()))
}

fn told_by() -> Object {
    schema::words("Who said it", ["webhook", "sync", "operator"])
}

/// Something of a channel that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FactChange {
    /// Its id; a greater one was written later.
    id: i64,
    /// Of what it speaks.
    #[schema(schema_with = aspect)]
    aspect: Aspect,
    /// What it was; null: not known.
    #[schema(example = "green")]
    before: Option<String>,
    /// What it became.
    #[schema(example = "yellow")]
    after: String,
    /// The provider's word.
    #[schema(example = "YELLOW")]
    provider_word: Option<String>,
    /// When, as far as is known.
    #[schema(schema_with = schema::timestamp)]
    occurred_at: Timestamp,
    /// When it was written.
    #[schema(schema_with = schema::timestamp)]
    recorded_at: Timestamp,
    /// Who said it.
    #[schema(schema_with = told_by)]
    told_by: ToldBy,
    /// Of an operator: who it was.
    actor: Option<String>,
    /// The event that said it.
    event_id: Option<i64>,
}

impl From<events::FactChange> for FactChange {
    fn from(change: events::FactChange) -> Self {
        Self {
            id: change.id,
            aspect: change.aspect,
            before: change.before,
            after: change.after,
            provider_word: change.provider_word,
            occurred_at: change.occurred_at,
            recorded_at: change.recorded_at,
            told_by: change.told_by,
            actor: change.actor,
            event_id: change.event_id,
        }
    }
}

/// List what changed of a channel
///
/// Its status, quality, limit and the like, with who said so; the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/history",
    tag = "Channels",
    params(("id" = String, Path, description = "The channel's id, as `meta-7`"), Filters),
    responses((status = 200, description = "A page of changes", body = Page<FactChange>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_channel_history(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
    Query(filters): Query<Filters>,
) -> Result<Listing<FactChange>, Problem> {
    let (connection, _) = open(&caller, &state, id).await?;
    let executor = connection.executor();
    let subject = SubjectRow { provider: id.provider, kind: SubjectKind::Channel, id: id.number };
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: filters.limit.get() };
    let found = events::list_fact_history(executor, subject, filters.aspect, &window).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |change| change.id))
}
