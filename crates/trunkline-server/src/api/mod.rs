//! The REST API, `/api/v1`: one file for each operation; the OpenAPI document comes from the code.

mod body;
mod key;
mod partner_accounts;

use axum::extract::State as Extract;
use axum::http::{Method, Uri};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::problem::{Kind, Problem};

pub(crate) use body::{Body, Query};

/// What the document says beside its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trunkline",
        description = "Partner accounts, clients and channels of 360dialog, Meta and Twilio. \
                       Errors are problem documents (RFC 9457); their types are explained at /problems."
    ),
    security(("api_key" = [])),
    modifiers(&Security),
)]
struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("tlk_ and 43 characters")
            .description(Some("An API key; administrators make them at /admin/api-keys"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Every operation.
fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(key::get_key))
        .merge(partner_accounts::operations())
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    operations().into_openapi()
}

/// The operations and their document.
pub(crate) fn router(_: &State) -> Router<State> {
    let (router, document) = operations().split_for_parts();
    let document = async move |_: Extract<State>| Json(document.clone());
    router.route("/api/v1/openapi.json", get(document))
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(&format!("page or operation: {}", uri.path()))
}

pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(Kind::MethodNotAllowed, detail)
}
