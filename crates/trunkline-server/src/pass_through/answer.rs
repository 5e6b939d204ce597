use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use trunkline_core::Provider;
use trunkline_providers::http::{Body as _, Passed};

use crate::Problem;

/// Says whose answer it is.
const PROVIDER: HeaderName = HeaderName::from_static("x-provider");

/// What goes along beside it: what tells of the body, and what the provider's support asks for. Usage headers name other
/// accounts, and cookies are for nobody.
const KEPT: [HeaderName; 13] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    LOCATION,
    RETRY_AFTER,
    HeaderName::from_static("x-fb-request-id"),
    HeaderName::from_static("x-fb-trace-id"),
    HeaderName::from_static("facebook-api-version"),
    HeaderName::from_static("twilio-request-id"),
];

/// The provider's answer as ours.
pub(crate) fn pass_on(provider: Provider, passed: Passed) -> Result<Response, Problem> {
    let Passed { status, headers, body } = passed;
    // Known lengths are said: whoever reads can tell a whole body from one that broke off.
    let length = body.size_hint().exact();
    let mut response = respond(provider, status, &headers, Body::new(body))?;
    if let Some(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Ok(response)
}

/// The same, with a body that was read.
pub(super) fn pass_read(
    provider: Provider,
    status: u16,
    headers: &HeaderMap,
    body: Vec<u8>,
) -> Result<Response, Problem> {
    respond(provider, status, headers, Body::from(body))
}

fn respond(
    provider: Provider,
    status: u16,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).map_err(Problem::internal)?;
    let kept = response.headers_mut();
    for name in &KEPT {
        for value in headers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept.insert(PROVIDER, HeaderValue::from_static(provider.as_str()));
    Ok(response)
}
