//! `/api/v1/alert-destinations`: who is told of alerts. For keys of the platform with the role admin.

mod create;
mod delete;
mod edit;
mod get;
mod list;
mod test;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_store::alerts::{self, AlertRule, AlertSeverity, DestinationKind};
use utoipa::ToSchema;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::alerts::{SecretSeen, see_secret};
use crate::api::alerts::{rule, severity};
use crate::api::{Versioned, schema};

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_alert_destinations, create::create_alert_destination))
        .routes(routes!(
            get::get_alert_destination,
            edit::edit_alert_destination,
            delete::delete_alert_destination
        ))
        .routes(routes!(test::test_alert_destination))
}

/// Who is told of alerts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AlertDestination {
    /// Its id.
    id: i32,
    /// What the administrators call it.
    name: String,
    /// By a signed request to a URL, or by e-mail.
    #[schema(schema_with = kind)]
    kind: DestinationKind,
    /// Of a webhook: where to.
    url: Option<String>,
    /// Of a webhook: what may be known of the secret that signs.
    secret: Option<SecretSeen>,
    /// Of e-mail: to whom.
    addresses: Vec<String>,
    /// Of alerts that matter less it is not told.
    #[schema(schema_with = severity)]
    minimum_severity: AlertSeverity,
    /// Of alerts of these rules alone; empty: of every one.
    #[schema(schema_with = rules)]
    rules: Vec<AlertRule>,
    /// Whether it is told at all.
    is_active: bool,
    /// When it was added.
    #[schema(schema_with = schema::timestamp)]
    created_at: Timestamp,
    /// When it was last edited.
    #[schema(schema_with = schema::timestamp)]
    updated_at: Timestamp,
}

impl Versioned for AlertDestination {}

impl AlertDestination {
    fn new(state: &State, destination: alerts::Destination) -> Self {
        let secret = see_secret(state, &destination);
        Self {
            id: destination.id,
            name: destination.name,
            kind: destination.kind,
            url: destination.url,
            secret,
            addresses: destination.addresses,
            minimum_severity: destination.minimum_severity,
            rules: destination.rules,
            is_active: destination.is_active,
            created_at: destination.created_at,
            updated_at: destination.updated_at,
        }
    }
}

fn kind() -> Object {
    schema::words("How it is told", DestinationKind::ALL.iter().map(|word| word.as_str()))
}

fn rules() -> RefOr<Schema> {
    let rule: RefOr<Schema> = rule().into();
    Schema::Array(ArrayBuilder::new().items(rule).build()).into()
}
