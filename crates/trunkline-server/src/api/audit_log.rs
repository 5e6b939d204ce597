use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_store::api_keys::find_keys_of_company;
use trunkline_store::audit_log::{self, ActorKind, AuditFilter};
use trunkline_store::{Executor, StoreError, Window};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which entries; the newest come first.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// So many at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// By actors of one kind.
    #[param(schema_with = actor_kind, required = false)]
    actor_kind: Option<ActorKind>,
    /// By the user or API key with this id; give `actor_kind` too.
    actor_id: Option<i32>,
    /// One action, as `api_key.created`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// About one kind of object, as `api_key`.
    #[param(max_length = 100)]
    object_kind: Option<String>,
    /// About one object; give `object_kind` too.
    #[param(max_length = 100)]
    object_id: Option<String>,
    /// Concerning one company.
    company_id: Option<i32>,
    /// At this instant or later.
    #[param(schema_with = schema::timestamp, required = false)]
    #[serde(default, deserialize_with = "crate::api::instant::optional")]
    since: Option<Timestamp>,
    /// Before this instant.
    #[param(schema_with = schema::timestamp, required = false)]
    #[serde(default, deserialize_with = "crate::api::instant::optional")]
    until: Option<Timestamp>,
}

fn actor_kind() -> Object {
    schema::words("A kind of actor", ActorKind::ALL.iter().map(|kind| kind.as_str()))
}

/// Who did what to what, when, from where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Counted from 1 without a gap.
    id: i64,
    /// When.
    #[schema(schema_with = schema::timestamp)]
    occurred_at: Timestamp,
    /// Who.
    actor: AuditActor,
    /// What: `object.verb`.
    #[schema(example = "api_key.created")]
    action: String,
    /// To what.
    object: AuditObject,
    /// The company that it concerns; null: none in particular.
    company_id: Option<i32>,
    /// From where; null, for a key of one company, where the platform did it.
    address: Option<String>,
    /// The request in which it was done; null, for a key of one company, where the platform did it.
    request_id: Option<String>,
    /// The object before; secrets are fingerprints. Null: it was not there, or nothing changed.
    #[schema(schema_with = schema::optional_object)]
    before: Option<Value>,
    /// The object after; secrets are fingerprints. Null: it is gone, or nothing changed.
    #[schema(schema_with = schema::optional_object)]
    after: Option<Value>,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// What kind of actor.
    #[schema(schema_with = actor_kind)]
    kind: ActorKind,
    /// The id of the user or API key.
    id: Option<i32>,
    /// The user's email address, the API key's name, or the login of the operating system. For a key of one company
    /// `the platform`, without an id, where it was none of that company's keys.
    name: String,
}

/// What something was done to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditObject {
    /// What kind of object.
    #[schema(example = "api_key")]
    kind: String,
    /// Which one.
    id: String,
}

impl From<audit_log::AuditEntry> for AuditEntry {
    fn from(entry: audit_log::AuditEntry) -> Self {
        Self {
            id: entry.id,
            occurred_at: entry.occurred_at,
            actor: AuditActor {
                kind: entry.actor_kind,
                id: entry.actor_id,
                name: entry.actor_name,
            },
            action: entry.action,
            object: AuditObject { kind: entry.object_kind, id: entry.object_id },
            company_id: entry.company_id,
            address: entry.address,
            request_id: entry.request_id,
            before: entry.before,
            after: entry.after,
        }
    }
}

/// List what was done
///
/// The newest first. A key of one company sees what concerns that company; who of the platform did it, from where and in
/// which request, it is not told.
#[utoipa::path(
    get,
    path = "/api/v1/audit-log",
    tag = "Audit log",
    params(Filters),
    responses((status = 200, description = "A page of entries", body = Page<AuditEntry>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_audit_entries(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<AuditEntry>, Problem> {
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let own = caller.scope.company();
    if own.is_some() && filters.company_id.is_some_and(|company| Some(company) != own) {
        return Ok(Listing::empty());
    }
    // PostgreSQL's times begin later than those of RFC 3339; nothing was written before 1970.
    let after_epoch = |time: Timestamp| time.max(Timestamp::UNIX_EPOCH);
    let filter = AuditFilter {
        actor_kind: filters.actor_kind,
        actor_id: filters.actor_id,
        action: filters.action.as_deref(),
        object_kind: filters.object_kind.as_deref(),
        object_id: filters.object_id.as_deref(),
        company_id: own.or(filters.company_id),
        since: filters.since.map(after_epoch),
        until: filters.until.map(after_epoch),
    };
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let mut entries =
        audit_log::list_audit_entries(connection.executor(), &filter, &window).await?;
    if let Some(company) = own {
        veil_platform(connection.executor(), company, &mut entries).await?;
    }
    Ok(pager.listing(entries, filters.limit, &"-id", |entry| entry.id))
}

/// Takes away who of the platform acted: their addresses are no company's business.
async fn veil_platform(
    executor: Executor<'_>,
    company: i32,
    entries: &mut [audit_log::AuditEntry],
) -> Result<(), StoreError> {
    let key_of = |entry: &audit_log::AuditEntry| {
        entry.actor_id.filter(|_| entry.actor_kind == ActorKind::ApiKey)
    };
    let keys: Vec<i32> = entries.iter().filter_map(key_of).collect();
    let own = find_keys_of_company(executor, company, &keys).await?;
    for entry in entries {
        if key_of(entry).is_some_and(|key| own.contains(&key)) {
            continue;
        }
        entry.actor_id = None;
        "the platform".clone_into(&mut entry.actor_name);
        entry.address = None;
        entry.request_id = None;
    }
    Ok(())
}
