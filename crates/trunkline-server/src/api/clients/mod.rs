//! `/api/v1/clients`: the companies' accounts at every provider.

mod get;
mod list;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::{ClientStatus, Provider};
use trunkline_store::QualifiedId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list::list_clients)).routes(routes!(get::get_client))
}

/// A company's account at a provider: a client of 360dialog, a WhatsApp Business Account of Meta, a
/// subaccount of Twilio.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Client {
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
    /// Its name at the provider.
    name: Option<String>,
    /// How it stands.
    #[schema(schema_with = schema::client_status)]
    status: ClientStatus,
    /// The provider's own word for the status.
    provider_status: Option<String>,
    /// The partner account that it belongs to; null: not known, and the provider's default account serves it.
    partner_account_id: Option<i32>,
    /// When the company finished onboarding; null: not yet.
    #[schema(schema_with = schema::optional_timestamp)]
    onboarded_at: Option<Timestamp>,
    /// When it was first written down.
    #[schema(schema_with = schema::timestamp)]
    created_at: Timestamp,
    /// When anything of it changed.
    #[schema(schema_with = schema::timestamp)]
    updated_at: Timestamp,
}
