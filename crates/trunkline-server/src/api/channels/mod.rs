//! `/api/v1/channels`: the WhatsApp numbers of companies at every provider.

mod credentials;
mod deregister;
mod events;
mod get;
mod history;
mod list;
mod media;
mod phone_number;
mod provider;
mod provider_calls;
mod register;
mod request_code;
mod rotate_api_key;
mod subscribe_webhooks;
mod verify_code;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::{ChannelStatus, Provider, QualityRating, Role};
use trunkline_store::channels::{self, find_channel};
use trunkline_store::{Connection, Document, QualifiedId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;
use crate::auth::Caller;
use crate::problem::Problem;

/// A connection for what is asked of a channel: of whoever may read it, or it is not there.
async fn open(
    caller: &Caller,
    state: &State,
    id: QualifiedId,
) -> Result<(Connection, Document<channels::Channel>), Problem> {
    caller.require(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let channel = find_channel(connection.executor(), id, caller.scope).await?;
    let channel = channel.ok_or_else(|| Problem::not_found("channel"))?;
    Ok((connection, channel))
}

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_channels))
        .routes(routes!(get::get_channel))
        .routes(routes!(history::list_channel_history))
        .routes(routes!(events::list_channel_events))
        .routes(routes!(provider_calls::list_channel_provider_calls))
        .routes(routes!(credentials::get_channel_credentials))
        .routes(routes!(request_code::request_channel_code))
        .routes(routes!(verify_code::verify_channel_code))
        .routes(routes!(register::register_channel))
        .routes(routes!(deregister::deregister_channel))
        .routes(routes!(rotate_api_key::rotate_channel_api_key))
        .routes(routes!(subscribe_webhooks::subscribe_channel_webhooks))
}

/// What is passed on to the providers, and so neither kept for a repetition nor a change of anything here.
pub(super) fn passing_operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(provider::get, provider::post, provider::delete))
        .routes(routes!(media::get_channel_media))
}

/// A WhatsApp number: a channel of 360dialog, a phone number of Meta, a sender of Twilio. Its
/// credentials are never shown.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Channel {
    /// Its id, among all providers.
    #[schema(value_type = String, example = "meta-7")]
    id: QualifiedId,
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// What the provider calls it.
    provider_id: String,
    /// The company.
    company_id: i32,
    /// The client.
    #[schema(value_type = String, example = "meta-3")]
    client_id: QualifiedId,
    /// E.164 with the plus sign; null until the provider has told it.
    phone_number: Option<String>,
    /// The name that recipients see.
    display_name: Option<String>,
    /// What it can do.
    #[schema(schema_with = schema::channel_status)]
    status: ChannelStatus,
    /// The provider's own word for the status.
    provider_status: Option<String>,
    /// How recipients take what it sends.
    #[schema(schema_with = schema::quality_rating)]
    quality_rating: QualityRating,
    /// The provider's own word for the quality.
    provider_quality_rating: Option<String>,
    /// Conversations in 24 hours; null: unlimited, or not known.
    messaging_limit: Option<i32>,
    /// Of what the limit is: `number` or `portfolio`.
    messaging_limit_scope: Option<String>,
    /// The provider's own word for the limit.
    provider_messaging_limit: Option<String>,
    /// When it was first written down.
    #[schema(schema_with = schema::timestamp)]
    created_at: Timestamp,
    /// When anything of it changed.
    #[schema(schema_with = schema::timestamp)]
    updated_at: Timestamp,
}
