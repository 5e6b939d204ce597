//! The OpenAPI document: what the operations say of themselves, and what is true of all of them.
//!
//! An operation documents its success and its own parameters; the problems that any operation of its
//! shape may answer, the headers and the rate limit are added here, so that none forgets one.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type};

use crate::problem::{Kind, ProblemDocument};

/// What the document says beside its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trunkline",
        description = "Partner accounts, clients and channels of 360dialog, Meta and Twilio.\n\n\
            Errors are problem documents (RFC 9457), whose types are explained at `/problems`. \
            Lists come in pages: `next_cursor`, also as a `Link` header, leads to the next one. \
            Edits name the version that they edit: `If-Match` with the `ETag` of GET. \
            A POST with an `Idempotency-Key` may be sent again for 24 hours and is done once; where nobody knows whether it \
            was, the repetition is answered 409 `/problems/outcome-unknown`. \
            Every key has a rate limit, of which the `RateLimit-` headers tell."
    ),
    security(("api_key" = [])),
    components(schemas(ProblemDocument)),
    modifiers(&Security),
)]
pub(super) struct Document;

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

/// The rest of a path, as the router writes it.
const REST: &str = "{*path}";

/// Adds to every operation what is true of all.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi) {
    let components = document.components.get_or_insert_default();
    for (status, response) in problems() {
        components.responses.insert(name(status), response.into());
    }
    for (path, item) in &mut document.paths.paths {
        let is_passed_on = path.contains(REST);
        for (method, operation) in operations(item) {
            complete_operation(&method, operation, is_passed_on);
        }
    }
    // What the router calls the rest of a path is one parameter here.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths =
        paths.into_iter().map(|(path, item)| (path.replace(REST, "{path}"), item)).collect();
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete_operation(method: &HttpMethod, operation: &mut Operation, is_passed_on: bool) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_post = *method == HttpMethod::Post;
    if is_post && !is_passed_on {
        parameters.push(idempotency_key().into());
    }
    let parameters: Vec<&Parameter> = parameters
        .iter()
        .filter_map(|given| match given {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .collect();
    let takes = |place: &ParameterIn| parameters.iter().any(|given| given.parameter_in == *place);
    let mut statuses = vec![401, 403, 429, 500, 503];
    if takes(&ParameterIn::Path) {
        statuses.push(404);
    }
    if takes(&ParameterIn::Query) || is_post {
        statuses.push(422);
    }
    if operation.request_body.is_some() {
        statuses.extend([400, 408, 413, 415, 422]);
    }
    if is_post {
        statuses.extend([408, 409, 413]);
    }
    if parameters.iter().any(|given| given.name.eq_ignore_ascii_case("if-match")) {
        statuses.extend([409, 412, 428]);
    }
    for status in statuses {
        let response = RefOr::Ref(Ref::from_response_name(name(status)));
        operation.responses.responses.entry(status.to_string()).or_insert(response);
    }
}

/// The name of a response that many operations share.
fn name(status: u16) -> String {
    format!("Problem{status}")
}

fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Of your making, as a UUID: with it the request may be sent again, and is done once. \
             The same key with another request is refused.",
        ))
        .schema(Some(text.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"))))
        .build()
}

/// One response for each status, which names every kind of problem that has it.
fn problems() -> BTreeMap<u16, utoipa::openapi::Response> {
    let mut kinds: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in Kind::ALL {
        kinds.entry(kind.describe().1.as_u16()).or_default().push(*kind);
    }
    kinds.into_iter().map(|(status, kinds)| (status, problem(status, &kinds))).collect()
}

fn problem(status: u16, kinds: &[Kind]) -> utoipa::openapi::Response {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.describe().2).collect();
    let (slug, _, title) =
        kinds.first().map_or(("", axum::http::StatusCode::default(), ""), |k| k.describe());
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ProblemDocument")))
        .example(Some(json!({
            "type": format!("/problems/{slug}"),
            "title": title,
            "status": status,
            "detail": kinds.first().map_or("", |kind| kind.explain().0),
        })))
        .build();
    let response = ResponseBuilder::new()
        .description(titles.join("; "))
        .content("application/problem+json", content);
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    let seconds =
        |what: &str| HeaderBuilder::new().schema(Some(number())).description(Some(what)).build();
    match status {
        401 => {
            let word = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(word)).description(Some("Bearer"));
            response.header("WWW-Authenticate", header.build())
        }
        409 | 429 | 503 => response.header("Retry-After", seconds("Seconds to wait")),
        _ => response,
    }
    .build()
}
