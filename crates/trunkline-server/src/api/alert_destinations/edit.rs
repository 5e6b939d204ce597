use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::secrets::Secret;
use trunkline_store::alerts::{AlertRule, AlertSeverity};
use utoipa::ToSchema;

use super::{AlertDestination, rules};
use crate::State;
use crate::alerts::{DestinationChange, edit_destination};
use crate::api::alerts::severity;
use crate::api::{Body, Id, Preconditions, tagged};
use crate::auth::Caller;
use crate::problem::Problem;

/// What to change of a destination; what is left out stays. Its kind stays: add another one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertDestinationEdit {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Of a webhook: where to, by https.
    url: Option<String>,
    /// Of a webhook: what signs from now on, `whsec_` and 24 to 64 bytes in base64.
    #[schema(value_type = Option<String>)]
    secret: Option<Secret>,
    /// Of e-mail: to whom, 20 at most.
    addresses: Option<Vec<String>>,
    /// Of alerts that matter less it is not told.
    #[schema(schema_with = severity, required = false)]
    minimum_severity: Option<AlertSeverity>,
    /// Of alerts of these rules alone; empty: of every one.
    #[schema(schema_with = rules, required = false)]
    rules: Option<Vec<AlertRule>>,
    /// Whether it is told at all. What waits goes out when it is told again.
    is_active: Option<bool>,
}

/// Edit a destination of alerts
///
/// What is left out stays.
#[utoipa::path(
    patch,
    path = "/api/v1/alert-destinations/{id}",
    tag = "Alerts",
    params(
        ("id" = i32, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of the version that you edit, or *"),
    ),
    request_body = AlertDestinationEdit,
    responses((status = 200, description = "The destination as it is now", body = AlertDestination,
        headers(("ETag" = String, description = "Its version")))),
)]
pub(super) async fn edit_alert_destination(
    caller: Caller,
    preconditions: Preconditions,
    Extract(state): Extract<State>,
    Id(id): Id,
    Body(edit): Body<AlertDestinationEdit>,
) -> Result<Response, Problem> {
    caller.require_platform(Role::Admin)?;
    let change = DestinationChange {
        name: edit.name,
        url: edit.url,
        secret: edit.secret,
        addresses: edit.addresses,
        minimum_severity: edit.minimum_severity,
        rules: edit.rules,
        is_active: edit.is_active,
    };
    let expect = |before: &trunkline_store::alerts::Destination| {
        preconditions.require(&AlertDestination::new(&state, before.clone()))
    };
    let after = edit_destination(&state, &caller.actor(), id, change, expect).await?;
    Ok(tagged(StatusCode::OK, &AlertDestination::new(&state, after)))
}
