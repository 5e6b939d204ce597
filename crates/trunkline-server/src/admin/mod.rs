//! The admin interface, `/admin`: every page works as a full page; htmx swaps a named part of it.

mod alerts;
mod api_keys;
mod assets;
mod audit_log;
mod browser;
mod channels;
mod choose_password;
mod clients;
mod companies;
mod filter;
mod form;
mod frame;
mod import;
mod migrations;
mod oidc;
mod overview;
mod page;
mod partner_accounts;
mod profile;
mod provider_calls;
mod providers;
mod second_factor;
mod setup;
mod sign_in;
mod sign_out;
mod syncs;
mod theme;
mod time;
mod users;
mod webhooks;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::{Problem, State};

pub(crate) use assets::router as assets_router;
pub(crate) use frame::{Frame, FrameUser, Section};
pub(crate) use page::{Page, PageProblem, redirect_with_toast};
pub(crate) use time::Time;

/// Every page.
pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/", get(overview::overview))
        .merge(partner_accounts::router())
        .route("/theme", post(theme::choose))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-in/code", get(second_factor::show).post(second_factor::check))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/setup/{token}", get(setup::show).post(setup::set_up))
        .route("/password/{token}", get(choose_password::show).post(choose_password::choose))
        .merge(alerts::router())
        .merge(api_keys::router())
        .merge(audit_log::router())
        .merge(channels::router())
        .merge(clients::router())
        .merge(companies::router())
        .merge(import::router())
        .merge(migrations::router())
        .merge(oidc::router())
        .merge(provider_calls::router())
        .merge(providers::router())
        .merge(syncs::router())
        .merge(webhooks::router())
        .nest("/profile", profile::router())
        .nest("/users", users::router())
        .fallback(page_not_found)
}

/// A page that is not there, for people: the rest of the service answers programs.
async fn page_not_found() -> PageProblem {
    Problem::not_found("page").into()
}
