//! Signing in by OpenID Connect: to the issuer, and back with what it says.

mod attempt;
mod begin;
mod callback;
mod failure;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/sign-in/oidc", get(begin::begin))
        .route("/sign-in/oidc/callback", get(callback::callback))
}
