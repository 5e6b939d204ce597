//! `/admin/provider-calls`: a call that must not be made twice, and what became of it.

mod act;
mod row;
mod show;

use axum::Router;
use axum::routing::{get, post};

use crate::State;

pub(super) use row::{CallRow, is_lost};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/provider-calls/{id}", get(show::show))
        .route("/provider-calls/{id}/resolve", post(act::resolve))
        .route("/provider-calls/{id}/settle", post(act::settle))
}

fn page_of(id: i64) -> String {
    format!("/admin/provider-calls/{id}")
}
