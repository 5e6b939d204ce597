use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;

use crate::middleware::{
    forget_callers, guard_headers, log_request, refuse_cross_site, refuse_until_started, time_out,
};
use crate::problem::Problem;
use crate::{State, admin, api, health, reference, webhooks};

/// The longest body that a request may have, unless its route says otherwise.
const BODY_LIMIT: usize = 256 * 1024;

/// The whole service, in process.
pub fn router(state: State) -> Router {
    let forgets = middleware::from_fn_with_state(state.clone(), forget_callers);
    let pages = admin::router()
        .layer(forgets.clone())
        .layer(middleware::from_fn_with_state(state.clone(), refuse_cross_site));
    // Not through the layers below: they would cost more than the rest of a webhook.
    let webhooks = webhooks::router()
        .layer(middleware::from_fn_with_state(state.clone(), refuse_until_started));
    let (api, passing) = api::routers(&state);
    Router::new()
        .route("/", get(async || Redirect::to("/admin")))
        .nest("/admin", pages)
        .merge(admin::assets_router())
        .merge(api.layer(forgets))
        .merge(passing)
        .merge(reference::router())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(state.clone(), time_out))
        .layer(middleware::from_fn_with_state(state.clone(), refuse_until_started))
        .layer(middleware::from_fn_with_state(state.clone(), guard_headers))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), log_request))
        .merge(webhooks)
        .with_state(state)
}

/// The answer to a request in which something panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives it away")]
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().cloned();
    let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    Problem::internal(said.unwrap_or_else(|| "a panic".to_owned())).into_response()
}
