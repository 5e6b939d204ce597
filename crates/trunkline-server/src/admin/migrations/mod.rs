//! `/admin/migrations`: how the migrations stand, what `up` would do, and whether the database is what
//! they make. Nothing here writes: applying and reverting is the command line's.

mod plan;
mod standing;
mod status;
mod verify;

use axum::routing::get;
use axum::{Extension, Router};

use crate::State;
use standing::Standing;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/migrations", get(status::status).layer(Extension(Standing::default())))
        .route("/migrations/plan", get(plan::plan))
        .route("/migrations/verify", get(verify::verify))
}
