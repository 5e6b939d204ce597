//! `/admin/migrations`: how the migrations stand, what `up` would do, and whether the database is what
//! they make. Nothing here writes: applying and reverting is the command line's.

mod plan;
mod status;
mod verify;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/migrations", get(status::status))
        .route("/migrations/plan", get(plan::plan))
        .route("/migrations/verify", get(verify::verify))
}
