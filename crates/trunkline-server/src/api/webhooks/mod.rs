//! `/api/v1/webhooks`: what the providers sent, how it stands, and working on it again.

mod get;
mod list;
mod replay;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::events::Source;
use trunkline_store::webhooks::{self, WebhookState};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;
pub(crate) use list::check_search;
pub(crate) use replay::{COUNTED, MOST, replay_many, replay_one};

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_webhooks))
        .routes(routes!(get::get_webhook))
        .routes(routes!(replay::replay_webhooks))
        .routes(routes!(replay::replay_webhook))
}

/// A webhook that was verified and stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// Its id; later ones have greater ones.
    id: i64,
    /// The partner account that it came to.
    partner_account_id: i32,
    /// Which stream.
    #[schema(schema_with = source)]
    source: Source,
    /// When it came.
    #[schema(schema_with = schema::timestamp)]
    received_at: Timestamp,
    /// What the request said of its body.
    content_type: Option<String>,
    /// What the provider calls the delivery, where it says so.
    delivery: Option<String>,
    /// How long the body is, in bytes.
    length: i32,
    /// How it stands.
    #[schema(schema_with = state)]
    state: WebhookState,
    /// How often it was tried in vain.
    attempts: i32,
    /// When it is tried again.
    #[schema(schema_with = schema::optional_timestamp)]
    due_at: Option<Timestamp>,
    /// Why it could not be worked on.
    error: Option<String>,
}

fn source() -> Object {
    schema::words("A stream of webhooks", Source::ALL.iter().map(|source| source.as_str()))
}

fn state() -> Object {
    schema::words("How it stands", WebhookState::ALL.map(WebhookState::as_str))
}

impl From<webhooks::Webhook> for Webhook {
    fn from(webhook: webhooks::Webhook) -> Self {
        Self {
            id: webhook.id,
            partner_account_id: webhook.account_id,
            source: webhook.source,
            received_at: webhook.received_at,
            content_type: webhook.content_type,
            delivery: webhook.delivery,
            length: webhook.length,
            state: webhook.state,
            attempts: webhook.attempts,
            due_at: webhook.due_at,
            error: webhook.error,
        }
    }
}
