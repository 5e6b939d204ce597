use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, EXPECT};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::timeout;

use crate::State;
use crate::problem::{Kind, Problem};

/// So much of a body that was refused unread is read all the same, within this time.
const LONGEST_REST: usize = 256 * 1024;
const REST_LIMIT: Duration = Duration::from_secs(1);

/// Ends what takes too long, and leaves the connection fit for the next request.
///
/// A request that is refused early has a body that nobody read, which stands in front of the next
/// request: it is read, or the answer says that the connection ends.
pub(crate) async fn time_out(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let limit = state.settings.request_limit;
    // Such a client sends its body only when somebody begins to read it.
    let is_asking = request.headers().contains_key(EXPECT);
    let (request, rest) = lend_body(request);
    let answer = timeout(limit, next.run(request)).await;
    let is_whole = match rest.take() {
        None => true,
        Some(_) if is_asking => false,
        Some(body) => {
            timeout(REST_LIMIT, to_bytes(body, LONGEST_REST)).await.is_ok_and(|read| read.is_ok())
        }
    };
    let mut response = answer.unwrap_or_else(|_| {
        let seconds = limit.as_secs();
        let problem = if is_whole {
            Problem::new(Kind::TimedOut, format!("there was no answer within {seconds} s"))
        } else {
            Problem::new(Kind::TooSlow, format!("the body did not come within {seconds} s"))
        };
        problem.into_response()
    });
    if !is_whole {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What is left of a body that somebody dropped before its end.
#[derive(Clone, Default)]
struct Rest(Arc<Mutex<Option<Body>>>);

impl Rest {
    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A body that comes back when it is dropped.
struct Lent {
    body: Body,
    rest: Rest,
}

fn lend_body(request: Request) -> (Request, Rest) {
    let rest = Rest::default();
    if request.body().is_end_stream() {
        return (request, rest);
    }
    let lent = |body| Body::new(Lent { body, rest: rest.clone() });
    (request.map(lent), rest)
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.rest.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
