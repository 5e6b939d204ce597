//! `/api/v1/provider-calls`: the journal of calls that must not be made twice.

mod get;
mod list;
mod resolve;
mod settle;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use trunkline_core::Provider;
use trunkline_store::QualifiedId;
use trunkline_store::provider_calls::{self, CallState};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_provider_calls))
        .routes(routes!(get::get_provider_call))
        .routes(routes!(resolve::resolve_provider_call))
        .routes(routes!(settle::settle_provider_call))
}

/// A call that must not be made twice, as it stands in the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderCall {
    /// Its id; later ones have greater ones.
    id: i64,
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// The partner account that it is made for.
    partner_account_id: i32,
    /// What is called.
    #[schema(example = "provider.meta.register")]
    call: String,
    /// What it is about, in the provider's words.
    subject: String,
    /// The channel that it is about, where it is about one.
    #[schema(value_type = Option<String>, example = "meta-7")]
    channel_id: Option<QualifiedId>,
    /// `begun`: sent, or about to be. `done` and `failed`: known, by the answer, by asking the provider, or by an operator.
    /// `unknown`: the provider cannot tell, somebody must settle it.
    #[schema(schema_with = state)]
    state: CallState,
    /// When it was written down.
    #[schema(schema_with = schema::timestamp)]
    begun_at: Timestamp,
    /// When it was known what became of it, or that the provider cannot tell.
    #[schema(schema_with = schema::optional_timestamp)]
    ended_at: Option<Timestamp>,
    /// The error, what the call brought, how its end was found out, or who settled it.
    #[schema(schema_with = schema::optional_object)]
    outcome: Option<Value>,
}

impl From<provider_calls::ProviderCall> for ProviderCall {
    fn from(call: provider_calls::ProviderCall) -> Self {
        Self {
            id: call.id,
            provider: call.provider,
            partner_account_id: call.account_id,
            channel_id: call.channel(),
            call: call.call,
            subject: call.subject,
            state: call.state,
            begun_at: call.begun_at,
            ended_at: call.ended_at,
            outcome: call.outcome,
        }
    }
}

fn state() -> Object {
    schema::words("How far it is", CallState::ALL.iter().map(|word| word.as_str()))
}
