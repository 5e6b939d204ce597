//! `/api/v1/providers`: whether the providers answer.

mod status;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(status::get_provider_status))
}
