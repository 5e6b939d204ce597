use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use trunkline_core::Role;
use trunkline_core::secrets::Secret;
use trunkline_store::alerts::{AlertRule, AlertSeverity, DestinationKind};
use utoipa::ToSchema;

use super::{AlertDestination, kind, rules};
use crate::State;
use crate::alerts::{DestinationInput, create_destination};
use crate::api::Body;
use crate::api::alerts::severity;
use crate::auth::Caller;
use crate::problem::Problem;

/// A destination that is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAlertDestination {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100, example = "On call")]
    name: String,
    /// How it is told.
    #[schema(schema_with = kind)]
    kind: DestinationKind,
    /// Of a webhook: where to, by https.
    url: Option<String>,
    /// Of a webhook: what signs, `whsec_` and 24 to 64 bytes in base64; null: one is made, and shown in
    /// this answer alone.
    #[schema(value_type = Option<String>)]
    secret: Option<Secret>,
    /// Of e-mail: to whom, 20 at most.
    #[serde(default)]
    addresses: Vec<String>,
    /// Of alerts that matter less it is not told.
    #[serde(default = "every_severity")]
    #[schema(schema_with = severity, required = false)]
    minimum_severity: AlertSeverity,
    /// Of alerts of these rules alone; empty: of every one.
    #[serde(default)]
    #[schema(schema_with = rules, required = false)]
    rules: Vec<AlertRule>,
    /// Whether it is told at all.
    #[serde(default = "yes")]
    is_active: bool,
}

fn every_severity() -> AlertSeverity {
    AlertSeverity::Warning
}

fn yes() -> bool {
    true
}

/// A destination that was added, with the secret if it was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedAlertDestination {
    /// What the other operations show of it too.
    #[serde(flatten)]
    shown: AlertDestination,
    /// The secret that was made, shown now and never again; null: one was given, or none is needed.
    made_secret: Option<String>,
}

/// Add a destination of alerts
///
/// It is told of what happens from now on. A webhook is signed as Standard Webhooks says.
#[utoipa::path(
    post,
    path = "/api/v1/alert-destinations",
    tag = "Alerts",
    request_body = NewAlertDestination,
    responses((status = 201, description = "Added", body = CreatedAlertDestination,
        headers(("Location" = String, description = "Its address")))),
)]
pub(super) async fn create_alert_destination(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(new): Body<NewAlertDestination>,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Admin)?;
    let input = DestinationInput {
        name: new.name,
        kind: new.kind,
        url: new.url,
        secret: new.secret,
        addresses: new.addresses,
        minimum_severity: new.minimum_severity,
        rules: new.rules,
        is_active: new.is_active,
    };
    let (added, made) = create_destination(&state, &caller.actor(), input).await?;
    let location = format!("/api/v1/alert-destinations/{}", added.id);
    let created = CreatedAlertDestination {
        shown: AlertDestination::new(&state, added),
        made_secret: made.map(|secret| secret.expose().to_owned()),
    };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(created)).into_response())
}
