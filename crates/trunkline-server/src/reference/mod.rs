//! What the API's users read: `/docs`, made of the OpenAPI document, and `/problems`, which explains
//! every kind of problem. For everybody: nothing on them is of this installation.

mod operation;
mod page;
mod problems;
mod prose;
mod schema;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/docs", get(page::show))
        .route("/problems", get(problems::list))
        .route("/problems/{slug}", get(problems::show))
}
