//! The admin interface, `/admin`: every page works as a full page; htmx swaps a named part of it.

mod assets;
mod frame;
mod overview;
mod page;
mod theme;

use axum::Router;
use axum::routing::{get, post};

use crate::State;

pub(crate) use assets::router as assets_router;
pub(crate) use frame::{Frame, FrameUser, Section};
pub(crate) use page::{Page, PageProblem, redirect_with_toast};

/// Every page.
pub(crate) fn router() -> Router<State> {
    Router::new().route("/", get(overview::overview)).route("/theme", post(theme::choose))
}
