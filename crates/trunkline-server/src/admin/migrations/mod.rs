//! `/admin/migrations`: how the migrations stand, what `up` would do, and whether the database is what
//! they make. Nothing here writes: applying and reverting is the command line's.

mod plan;
mod recent;
mod status;
mod verify;

use axum::routing::get;
use axum::{Extension, Router};

use trunkline_migrate::Status;
use trunkline_migrate::catalog::Check;
use trunkline_migrate::plan::Plan;

use crate::State;
use recent::Recent;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/migrations", get(status::status))
        .route("/migrations/plan", get(plan::plan))
        .route("/migrations/verify", get(verify::verify))
        .layer(Extension(Recent::<Status>::default()))
        .layer(Extension(Recent::<Plan>::default()))
        .layer(Extension(Recent::<Vec<Check>>::default()))
}
