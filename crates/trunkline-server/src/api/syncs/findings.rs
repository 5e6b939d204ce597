use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::syncs::{SyncFindingKind, SyncOutcome, SyncSubject};
use trunkline_core::{Provider, Role};
use trunkline_store::syncs::{self, find_sync};
use trunkline_store::{QualifiedId, Window};
use utoipa::{IntoParams, ToSchema};

use super::{finding_kind, outcome, subject};
use crate::State;
use crate::api::{Id, Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Where what the provider says and what we had differ.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
    /// Its id; later ones have greater ones.
    id: i64,
    /// How the two differ.
    #[schema(schema_with = finding_kind)]
    kind: SyncFindingKind,
    /// What was done about it.
    #[schema(schema_with = outcome)]
    outcome: SyncOutcome,
    /// What kind of thing it is about.
    #[schema(schema_with = subject)]
    subject: SyncSubject,
    /// The id of the client or channel, as `meta-7`; null: we have none.
    #[schema(example = "meta-7")]
    subject_id: Option<String>,
    /// The provider's id of it.
    provider_id: String,
    /// What people know it by: a number, a name.
    label: Option<String>,
    /// The company whose it is.
    company_id: Option<i32>,
    /// Of what the two speak: `status`, `quality`, `limit`, …
    aspect: Option<String>,
    /// What we had.
    ours: Option<String>,
    /// What the provider says, in our words.
    theirs: Option<String>,
    /// What it says in its own.
    provider_word: Option<String>,
    /// When it was found.
    #[schema(schema_with = schema::timestamp)]
    found_at: Timestamp,
}

/// A finding, and whose table its row stands in.
struct Found(syncs::SyncFinding, Provider);

impl From<Found> for Finding {
    fn from(Found(finding, provider): Found) -> Self {
        let subject_id = finding.subject_id;
        Self {
            id: finding.id,
            kind: finding.kind,
            outcome: finding.outcome,
            subject: finding.subject,
            subject_id: subject_id.map(|number| QualifiedId { provider, number }.to_string()),
            provider_id: finding.subject_key,
            label: finding.label,
            company_id: finding.company_id,
            aspect: finding.aspect,
            ours: finding.ours,
            theirs: finding.theirs,
            provider_word: finding.provider_word,
            found_at: finding.found_at,
        }
    }
}

/// Which findings.
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
    #[param(schema_with = finding_kind, required = false)]
    kind: Option<SyncFindingKind>,
}

/// List what a sync found
///
/// In the order in which it was found, which is that of the provider's ids. It takes a key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/syncs/{id}/findings",
    tag = "Syncs",
    params(("id" = i64, Path, description = "The sync's id"), Filters),
    responses((status = 200, description = "A page of findings", body = Page<Finding>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_sync_findings(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
    Query(filters): Query<Filters>,
) -> Result<Listing<Finding>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let after = pager.after(filters.cursor.as_deref(), &"id")?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let run = find_sync(executor, id).await?.ok_or_else(|| Problem::not_found("sync"))?;
    let found = syncs::list_sync_findings(executor, id, filters.kind, &window).await?;
    let found = found.into_iter().map(|finding| Found(finding, run.provider)).collect();
    Ok(pager.listing(found, filters.limit, &"id", |found: &Found| found.0.id))
}
