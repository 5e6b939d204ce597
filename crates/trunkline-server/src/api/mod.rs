//! The REST API, `/api/v1`: one file for each operation; the OpenAPI document comes from the code.

mod alert_deliveries;
mod alert_destinations;
pub(crate) mod alerts;
pub(crate) mod api_keys;
mod audit_log;
mod body;
mod channels;
mod checks;
mod clients;
pub(crate) mod companies;
mod document;
mod documents;
mod events;
mod idempotency;
mod import;
mod instant;
mod key;
mod migrations;
mod page;
mod parameters;
mod partner_accounts;
mod path;
mod provider_calls;
mod providers;
mod rate_limit;
mod schema;
mod syncs;
mod version;
pub(crate) mod webhooks;

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use trunkline_store::Unsupported;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::problem::{FieldProblem, Kind, Problem};
use rate_limit::RateLimiter;

pub(crate) use body::{Body, Query};
pub(crate) use checks::Checks;
pub(crate) use documents::{Documents, One};
pub(crate) use page::{Limit, Listing, Order, Page, Pager};
pub(crate) use path::Id;
pub(crate) use version::{Preconditions, Versioned, tagged, version};

/// Every operation.
fn operations() -> OpenApiRouter<State> {
    own_operations().merge(channels::passing_operations())
}

/// Those that are answered here.
fn own_operations() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .routes(routes!(key::get_key))
        .merge(api_keys::operations())
        .merge(partner_accounts::operations())
        .routes(routes!(audit_log::list_audit_entries))
        .routes(routes!(migrations::get_migrations))
        .merge(companies::operations())
        .merge(clients::operations())
        .merge(channels::operations())
        .merge(webhooks::operations())
        .merge(events::operations())
        .merge(alerts::operations())
        .merge(import::operations())
        .merge(alert_destinations::operations())
        .merge(alert_deliveries::operations())
        .merge(syncs::operations())
        .merge(providers::operations())
        .merge(provider_calls::operations())
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = operations().into_openapi();
    document::complete(&mut document);
    document
}

/// The OpenAPI document as it is written to files.
pub fn document_text() -> String {
    let text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text + "\n"
}

/// The operations and their document, and those that are passed on.
pub(crate) fn routers(state: &State) -> (Router<State>, Router<State>) {
    let limiter = Arc::new(RateLimiter::new(state.settings.requests_per_minute));
    let limit = from_fn_with_state((state.clone(), limiter), rate_limit::limit_rate);
    let (own, _) = own_operations().split_for_parts();
    let (passing, _) = channels::passing_operations().split_for_parts();
    let document = document();
    let rules = Arc::new(parameters::QueryRules::of(&document));
    let document = async move |_: Extract<State>| Json(document.clone());
    let own = own
        .route_layer(from_fn_with_state(rules, parameters::check_query))
        .route_layer(from_fn_with_state(state.clone(), idempotency::answer_once))
        .route_layer(limit.clone())
        .route("/api/v1/openapi.json", get(document));
    (own, passing.route_layer(limit))
}

/// Names the filter that does not go with the order.
pub(crate) fn unsupported(unsupported: Unsupported) -> Problem {
    let (field, message) = (unsupported.filter.to_owned(), unsupported.to_string());
    Problem::invalid(vec![FieldProblem { field, message }])
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(&format!("page or operation: {}", uri.path()))
}

pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(Kind::MethodNotAllowed, detail)
}
