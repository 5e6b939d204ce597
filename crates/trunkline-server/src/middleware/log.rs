use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, info, info_span, warn};
use trunkline_store::tallied;

use super::RequestContext;
use crate::State;
use crate::problem::Cause;

/// Gives the request its id, counts it, and writes its one log line.
pub(crate) async fn log_request(
    Extract(state): Extract<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let context = RequestContext::new(&state, &request);
    let method = request.method().clone();
    // The pattern, not the path: in a path stand identifiers and one-time tokens.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(context.clone());

    let span = info_span!("request", id = context.id, %method, route);
    let (mut response, tally) = tallied(next.run(request)).instrument(span).await;

    let took = began.elapsed();
    let status = response.status();
    state.metrics.request(method.as_str(), &route, status.as_u16(), took);
    if let Ok(id) = HeaderValue::from_str(&context.id) {
        response.headers_mut().insert("x-request-id", id);
    }
    let facts = context.facts();
    let cause = response.extensions().get::<Cause>().map(|cause| cause.0.as_str());
    macro_rules! line {
        ($level:ident) => {
            $level!(
                target: "request",
                method = %method,
                route,
                status = status.as_u16(),
                duration_ms = milliseconds(took),
                database_ms = milliseconds(tally.time),
                queries = tally.queries,
                actor = facts.actor,
                company = facts.company,
                address = %context.address,
                request_id = context.id,
                cause,
            )
        };
    }
    if status.is_server_error() {
        line!(warn);
    } else {
        line!(info);
    }
    response
}

/// Milliseconds with two decimal places.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}
