use axum::extract::{Request, State as Extract};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::State;
use crate::problem::{Kind, Problem};
use crate::state::STOPPING;

/// Everything from ourselves, no inline script or style, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; \
     frame-src 'self'";

/// Headers that keep browsers from doing what was not meant.
pub(crate) async fn guard_headers(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut unless_there = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    unless_there(CONTENT_SECURITY_POLICY, POLICY);
    unless_there(X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_there(X_FRAME_OPTIONS, "SAMEORIGIN");
    unless_there(REFERRER_POLICY, "same-origin");
    unless_there(CACHE_CONTROL, "no-store");
    if state.settings.is_https() {
        unless_there(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// Refuses what another site makes a browser send with its cookies.
///
/// Browsers say from where a request comes (`Sec-Fetch-Site`, or at least `Origin`), and no page can
/// change that; programs without a browser send neither, and have no cookie to abuse.
pub(crate) async fn refuse_cross_site(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_same_site(request.headers(), &state.settings.public_url) {
        return next.run(request).await;
    }
    let detail = "the request came from another site; open the page again and repeat it there";
    Problem::new(Kind::Forbidden, detail).into_response()
}

fn is_same_site(headers: &HeaderMap, public_url: &str) -> bool {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (header(HeaderName::from_static("sec-fetch-site")), header(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host);
            origin == public_url || header(HOST) == Some(host)
        }
        (None, None) => true,
    }
}

/// Forgets who called a moment ago after whatever may have changed what they may do.
pub(crate) async fn forget_callers(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let _forgetting = (!is_safe).then(|| state.known.forget_later());
    next.run(request).await
}

/// Answers nothing but health while the service starts: the tables may not be there yet.
pub(crate) async fn refuse_until_started(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let is_health = request.uri().path().starts_with("/health/");
    match state.progress.get() {
        Some(doing) if !is_health && doing != STOPPING => {
            let detail = format!("the service is not ready: {doing}");
            Problem::new(Kind::Unavailable, detail).into_response()
        }
        _ => next.run(request).await,
    }
}
