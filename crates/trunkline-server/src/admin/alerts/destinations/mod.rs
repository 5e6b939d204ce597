//! `/admin/alerts/destinations`: who is told of alerts, for whoever is at least an admin.

mod delete;
mod fields;
mod form;
mod list;
mod show;

use axum::Router;
use axum::routing::{get, post};
use trunkline_store::alerts::{AlertSeverity, Destination, DestinationKind, find_destination};

use crate::State;
use crate::alerts::title;
use crate::problem::Problem;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/alerts/destinations", get(list::list))
        .route("/alerts/destinations/new", get(form::new).post(form::add))
        .route("/alerts/destinations/{id}", get(show::show))
        .route("/alerts/destinations/{id}/edit", get(form::edit).post(form::save))
        .route("/alerts/destinations/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/alerts/destinations/{id}/test", post(show::test))
        .route("/alerts/deliveries/{id}/retry", post(show::retry_delivery))
}

async fn load(state: &State, id: i32) -> Result<Destination, Problem> {
    let connection = state.store.connection().await?;
    let found = find_destination(connection.executor(), id).await?;
    found.ok_or_else(|| Problem::not_found("alert destination"))
}

/// Where alerts go, in a few words.
fn target(destination: &Destination) -> String {
    match destination.kind {
        DestinationKind::Webhook => destination.url.clone().unwrap_or_default(),
        DestinationKind::Email => destination.addresses.join(", "),
    }
}

/// Of which alerts it is told, in a few words.
fn told_of(destination: &Destination) -> String {
    let severity = match destination.minimum_severity {
        AlertSeverity::Critical => "Critical alerts",
        AlertSeverity::Warning => "Every alert",
    };
    if destination.rules.is_empty() {
        return severity.to_owned();
    }
    let rules: Vec<&str> = destination.rules.iter().map(|rule| title(*rule)).collect();
    format!("{severity} of: {}", rules.join(", "))
}

const fn kind_word(kind: DestinationKind) -> &'static str {
    match kind {
        DestinationKind::Webhook => "Webhook",
        DestinationKind::Email => "E-mail",
    }
}
