//! `/admin/webhooks`: what the providers sent, how it stands, and working on it again.

mod filters;
mod list;
mod replay;
mod show;

use axum::Router;
use axum::routing::{get, post};
use trunkline_store::webhooks::WebhookState;

use super::{Frame, Page, PageProblem, Section, Time, filter, redirect_with_toast};
use crate::State;

/// The list.
const LIST: &str = "/admin/webhooks";

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/webhooks", get(list::list))
        .route("/webhooks/replay", get(replay::ask).post(replay::replay))
        .route("/webhooks/{id}", get(show::show))
        .route("/webhooks/{id}/replay", post(show::replay))
}

/// The colour of a state, which is never the only signal.
fn tone(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Done => "good",
        WebhookState::Waiting => "info",
        WebhookState::Retrying | WebhookState::Quarantined => "warn",
        WebhookState::Dead => "bad",
    }
}
