//! `/api/v1/alert-deliveries`: what was said to whom, and what came of it.

mod list;
mod retry;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_store::alerts::{AlertChange, Delivery, DeliveryState};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::schema;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_alert_deliveries))
        .routes(routes!(retry::retry_alert_delivery))
}

/// What is said to one destination of one change of an alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AlertDelivery {
    /// Its id.
    id: i64,
    /// Who is told.
    destination_id: i32,
    /// The one e-mail address that it goes to; null: a webhook.
    address: Option<String>,
    /// Of which alert.
    alert_id: i32,
    /// What became of it.
    #[schema(schema_with = change)]
    change: AlertChange,
    /// Where it is in its life.
    #[schema(schema_with = state)]
    state: DeliveryState,
    /// How often it was tried.
    attempts: i32,
    /// When the alert changed.
    #[schema(schema_with = schema::timestamp)]
    created_at: Timestamp,
    /// When it is tried next; null: it is over.
    #[schema(schema_with = schema::optional_timestamp)]
    due_at: Option<Timestamp>,
    /// When it was last tried.
    #[schema(schema_with = schema::optional_timestamp)]
    attempted_at: Option<Timestamp>,
    /// When it was taken or given up.
    #[schema(schema_with = schema::optional_timestamp)]
    ended_at: Option<Timestamp>,
    /// What the last attempt was answered: the status of HTTP or SMTP.
    status: Option<i32>,
    /// Why the last attempt failed.
    error: Option<String>,
}

impl From<Delivery> for AlertDelivery {
    fn from(delivery: Delivery) -> Self {
        let is_waiting = delivery.state == DeliveryState::Waiting;
        Self {
            id: delivery.id,
            destination_id: delivery.destination_id,
            address: delivery.address,
            alert_id: delivery.alert_id,
            change: delivery.change,
            state: delivery.state,
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            due_at: is_waiting.then_some(delivery.due_at),
            attempted_at: delivery.attempted_at,
            ended_at: delivery.ended_at,
            status: delivery.status,
            error: delivery.error,
        }
    }
}

fn change() -> Object {
    schema::words("What became of the alert", AlertChange::ALL.iter().map(|word| word.as_str()))
}

fn state() -> Object {
    schema::words("Where it is in its life", DeliveryState::ALL.iter().map(|word| word.as_str()))
}
