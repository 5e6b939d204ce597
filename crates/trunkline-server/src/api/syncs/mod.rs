//! `/api/v1/syncs`: what the providers say, compared with what is written down here, and taken over.

mod create;
mod findings;
mod get;
mod list;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::Provider;
use trunkline_core::syncs::{SyncFindingKind, SyncKind, SyncOutcome, SyncState, SyncSubject};
use trunkline_store::syncs::SyncRun;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(create::request_sync))
        .routes(routes!(list::list_syncs))
        .routes(routes!(get::get_sync))
        .routes(routes!(findings::list_sync_findings))
}

/// One comparison of a partner account with its provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sync {
    /// Its id; later ones have greater ones.
    id: i64,
    /// The partner account.
    partner_account_id: i32,
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// How much is compared.
    #[schema(schema_with = kind)]
    kind: SyncKind,
    /// Whether it only reports, and changes nothing.
    dry_run: bool,
    /// `schedule`, `webhooks`, or whoever asked for it.
    asked_by: String,
    /// How far it is.
    #[schema(schema_with = state)]
    state: SyncState,
    /// When it was asked for.
    #[schema(schema_with = schema::timestamp)]
    requested_at: Timestamp,
    /// Not before this; after a failure that may pass it is put off.
    #[schema(schema_with = schema::timestamp)]
    due_at: Timestamp,
    /// Until when it pauses, because the provider does not answer; null: it does not pause.
    #[schema(schema_with = schema::optional_timestamp)]
    paused_until: Option<Timestamp>,
    /// When somebody began.
    #[schema(schema_with = schema::optional_timestamp)]
    started_at: Option<Timestamp>,
    /// When it came to its end.
    #[schema(schema_with = schema::optional_timestamp)]
    ended_at: Option<Timestamp>,
    /// How often it was begun.
    attempts: i32,
    /// So many clients were compared.
    clients: i32,
    /// So many channels were.
    channels: i32,
    /// So many differences were found.
    findings: i32,
    /// So many of them were applied, or would be.
    changes: i32,
    /// Why it failed, or was put off.
    error: Option<Trouble>,
}

/// Why a sync failed, or was put off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// `authentication`, `permission`, `throttled`, `transient`, `invalid`, `not_found` or `internal`.
    kind: String,
    /// What was asked, and what was answered.
    message: String,
    /// What to do.
    hint: String,
}

impl From<SyncRun> for Sync {
    fn from(run: SyncRun) -> Self {
        Self {
            id: run.id,
            partner_account_id: run.account_id,
            provider: run.provider,
            kind: run.kind,
            dry_run: run.is_dry,
            asked_by: run.asked_by,
            state: run.state,
            requested_at: run.requested_at,
            due_at: run.due_at,
            paused_until: run.paused_until,
            started_at: run.started_at,
            ended_at: run.ended_at,
            attempts: run.attempts,
            clients: run.clients,
            channels: run.channels,
            findings: run.findings,
            changes: run.changes,
            error: run.error.map(|error| Trouble {
                kind: error.kind,
                message: error.message,
                hint: error.hint,
            }),
        }
    }
}

fn kind() -> Object {
    schema::words("How much is compared", SyncKind::ALL.iter().map(|word| word.as_str()))
}

fn state() -> Object {
    schema::words("How far it is", SyncState::ALL.iter().map(|word| word.as_str()))
}

fn finding_kind() -> Object {
    schema::words("How the two differ", SyncFindingKind::ALL.iter().map(|word| word.as_str()))
}

fn outcome() -> Object {
    schema::words("What was done", SyncOutcome::ALL.iter().map(|word| word.as_str()))
}

fn subject() -> Object {
    schema::words("What it is about", SyncSubject::ALL.iter().map(|word| word.as_str()))
}
