//! `/api/v1/events`: what providers said, as it is kept.

mod list;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use trunkline_core::Provider;
use trunkline_core::events::EventKind;
use trunkline_store::QualifiedId;
use trunkline_store::events::{KeptEvent, KeptMessage};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list::list_events))
}

/// One thing that happened, as a provider told it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its id; a greater one was kept later.
    id: i64,
    /// Our name for it. There may be more in a later release.
    #[schema(schema_with = kind)]
    kind: EventKind,
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// The provider's name for it; null: of a message.
    provider_kind: Option<String>,
    /// The client that it is about.
    #[schema(value_type = Option<String>, example = "meta-3")]
    client_id: Option<QualifiedId>,
    /// The channel that it is about.
    #[schema(value_type = Option<String>, example = "meta-7")]
    channel_id: Option<QualifiedId>,
    /// When it happened, as far as the provider said.
    #[schema(schema_with = schema::timestamp)]
    occurred_at: Timestamp,
    /// When it came.
    #[schema(schema_with = schema::timestamp)]
    received_at: Timestamp,
    /// What became of it.
    #[schema(schema_with = outcome)]
    outcome: String,
    /// The message, where it is of one.
    message: Option<Message>,
    /// The part of the webhook that it was read from; null where people's numbers or words stand in it.
    #[schema(schema_with = schema::optional_object)]
    raw: Option<Box<RawValue>>,
}

/// What is known of a message: neither its words nor who wrote it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Message {
    /// What the provider calls it.
    id: String,
    /// Its status, or the type of one that came in; in the provider's word.
    #[schema(example = "delivered")]
    word: String,
    /// The provider's code for why it failed.
    error_code: Option<String>,
    /// What the provider calls that.
    error_title: Option<String>,
}

impl From<KeptEvent> for Event {
    fn from(event: KeptEvent) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            provider: event.provider,
            provider_kind: event.provider_kind,
            client_id: event.client_id,
            channel_id: event.channel_id,
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            outcome: event.outcome,
            message: event.message.map(Message::from),
            raw: event.raw.and_then(|raw| RawValue::from_string(raw).ok()),
        }
    }
}

impl From<KeptMessage> for Message {
    fn from(message: KeptMessage) -> Self {
        let (error_code, error_title) =
            message.error.map_or((None, None), |error| (Some(error.code), error.title));
        Self { id: message.id, word: message.word, error_code, error_title }
    }
}

/// A kind of event.
pub(crate) fn kind() -> Object {
    schema::words("What happened", EventKind::ALL.iter().map(|word| word.as_str()))
}

fn outcome() -> Object {
    let words = ["applied", "unchanged", "stale"];
    schema::words("What became of it: stale, because something newer was known", words)
}
