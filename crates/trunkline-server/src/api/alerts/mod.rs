//! `/api/v1/alerts`: what somebody should look at.

mod acknowledge;
mod get;
mod list;
mod resolve;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::Provider;
use trunkline_store::QualifiedId;
use trunkline_store::alerts::{self, AlertRule, AlertSeverity, AlertState, AlertSubject};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_alerts))
        .routes(routes!(get::get_alert))
        .routes(routes!(acknowledge::acknowledge_alert))
        .routes(routes!(resolve::resolve_alert))
}

/// What somebody should look at. It is opened once, and is over when the fact recovers or somebody says so.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Alert {
    /// Its id.
    id: i32,
    /// Why it was opened.
    #[schema(schema_with = rule)]
    rule: AlertRule,
    /// How much it matters.
    #[schema(schema_with = severity)]
    severity: AlertSeverity,
    /// Where it is in its life.
    #[schema(schema_with = state)]
    state: AlertState,
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// What kind of thing it is about.
    #[schema(schema_with = subject)]
    subject: AlertSubject,
    /// The id of the client or channel, as `meta-7`, or of the partner account.
    #[schema(example = "meta-7")]
    subject_id: String,
    /// What people know it by: a number, a name.
    label: Option<String>,
    /// The company whose it is; null: the platform's.
    company_id: Option<i32>,
    /// What it was.
    before: Option<String>,
    /// What it became.
    after: Option<String>,
    /// When it was opened.
    #[schema(schema_with = schema::timestamp)]
    opened_at: Timestamp,
    /// When it last changed.
    #[schema(schema_with = schema::timestamp)]
    changed_at: Timestamp,
    /// When somebody said that they know.
    #[schema(schema_with = schema::optional_timestamp)]
    acknowledged_at: Option<Timestamp>,
    /// Who.
    acknowledged_by: Option<String>,
    /// When it was over.
    #[schema(schema_with = schema::optional_timestamp)]
    resolved_at: Option<Timestamp>,
    /// Who said so; null: the fact recovered.
    resolved_by: Option<String>,
}

impl From<alerts::Alert> for Alert {
    fn from(alert: alerts::Alert) -> Self {
        let subject_id = match alert.subject {
            AlertSubject::Account => alert.subject_id.to_string(),
            AlertSubject::Client | AlertSubject::Channel => {
                QualifiedId { provider: alert.provider, number: alert.subject_id }.to_string()
            }
        };
        Self {
            id: alert.id,
            rule: alert.rule,
            severity: alert.severity,
            state: alert.state(),
            provider: alert.provider,
            subject: alert.subject,
            subject_id,
            label: alert.label,
            company_id: alert.company_id,
            before: alert.before,
            after: alert.after,
            opened_at: alert.opened_at,
            changed_at: alert.changed_at,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by,
            resolved_at: alert.resolved_at,
            resolved_by: alert.resolved_by,
        }
    }
}

pub(super) fn rule() -> Object {
    schema::words("Why it was opened", AlertRule::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn severity() -> Object {
    schema::words("How much it matters", AlertSeverity::ALL.iter().map(|word| word.as_str()))
}

fn state() -> Object {
    schema::words("Where it is in its life", AlertState::ALL.iter().map(|word| word.as_str()))
}

fn subject() -> Object {
    schema::words("What it is about", AlertSubject::ALL.iter().map(|word| word.as_str()))
}
