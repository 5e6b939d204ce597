//! `Idempotency-Key`: a POST that is sent again, because its answer was lost, is not done again.
//!
//! The first request claims the key and works on a task of its own, so that a client that hangs up
//! does not leave it half-known; its answer is kept for 24 hours, sealed like every secret, because
//! some answers hold one (a new API key). After a failure of ours that certainly wrote nothing the
//! claim is given up, and the request may be repeated. After any other (the connection was lost at
//! COMMIT, the time was over, the process died) it stays, and a repetition is told that nobody knows:
//! nothing is ever done twice.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tracing::Instrument;
use trunkline_core::secrets::Secret;
use trunkline_store::idempotency::{
    Claim, RequestKey, StoredAnswer, claim_key, keep_answer, release_key,
};
use trunkline_store::{add_to_tally, tallied};

use crate::State;
use crate::auth::Caller;
use crate::problem::{FieldProblem, Kind, Problem};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Headers that belong to an answer, beside its body.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
/// Longer than the body of any operation; each has its own limit behind this one.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
const LONGEST_KEY: usize = 255;

/// Answers a repeated POST as the first one was answered.
pub(crate) async fn answer_once(
    Extract(state): Extract<State>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = request.headers().get(HEADER).filter(|_| request.method() == Method::POST)
    else {
        return Ok(next.run(request).await);
    };
    let key = read_key(key)?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.map_err(|_| {
        Problem::new(Kind::TooLarge, "the body is larger than any operation takes, or broke off")
    })?;
    let request_hash = hash(&parts, &body);
    let key = RequestKey { api_key_id: caller.key_id, key, request_hash };
    let now = state.clock.now();
    let longest = SignedDuration::try_from(state.settings.request_limit).unwrap_or_default();
    let abandoned = now - longest - SignedDuration::from_secs(10);
    let connection = state.store.connection().await?;
    let claim = claim_key(connection.executor(), &key, now, abandoned).await?;
    drop(connection);
    match claim {
        Claim::New => {
            let request = Request::from_parts(parts, Body::from(body));
            Ok(work(state, key, now, request, next).await)
        }
        Claim::Answered(answer) => replay(&state, &key, &answer),
        Claim::Working => Ok(come_back_later()),
        Claim::Unknown => Err(outcome_unknown()),
        Claim::Other => {
            let detail = "this Idempotency-Key came with another request before; take a new one";
            Err(Problem::new(Kind::IdempotencyKeyReused, detail))
        }
    }
}

fn read_key(given: &HeaderValue) -> Result<String, Problem> {
    // Blanks around a header's value are no part of it (RFC 9110, 5.5): they have been cut off on the wire.
    let text = given.to_str().unwrap_or_default();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=LONGEST_KEY).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    let message =
        format!("it has 1 to {LONGEST_KEY} printable ASCII characters and no blanks, as a UUID");
    Err(Problem::invalid(vec![FieldProblem { field: "Idempotency-Key".to_owned(), message }]))
}

/// Method, address, content type and body, each with its length, so that no boundary moves.
fn hash(parts: &axum::http::request::Parts, body: &Bytes) -> Vec<u8> {
    let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
    let content_type = parts.headers.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), uri.to_string().as_bytes(), content_type, body] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// Works to the end, whether the client still waits or not.
async fn work(
    state: State,
    key: RequestKey,
    claimed_at: Timestamp,
    request: Request,
    next: Next,
) -> Response {
    let work = async move {
        let limit = state.settings.request_limit;
        let (answered, tally) = tallied(tokio::time::timeout(limit, next.run(request))).await;
        add_to_tally(tally);
        // What took too long may go on, on a task of its own.
        let may_be_done = answered.is_err() || tally.may_have_written;
        let response = answered.unwrap_or_else(|_| {
            let detail = format!("there was no answer within {} s", limit.as_secs());
            Problem::new(Kind::TimedOut, detail).into_response()
        });
        keep(&state, &key, claimed_at, response, may_be_done).await
    };
    let task = tokio::spawn(tallied(work).in_current_span());
    match task.await {
        Ok((response, tally)) => {
            add_to_tally(tally);
            response
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// Keeps the answer. Instead of a failure of ours it keeps that nobody knows, or gives the claim up where nothing
/// was done.
async fn keep(
    state: &State,
    key: &RequestKey,
    claimed_at: Timestamp,
    response: Response,
    may_be_done: bool,
) -> Response {
    let Ok((response, answer)) = read(state, key, response).await else {
        return Problem::internal("an answer broke off").into_response();
    };
    let answer = if !response.status().is_server_error() {
        Some(answer)
    } else if may_be_done {
        let unknown = read(state, key, outcome_unknown().into_response()).await;
        unknown.ok().map(|(_, answer)| answer)
    } else {
        None
    };
    if let Err(error) = write(state, key, claimed_at, answer).await {
        // What was done stands, and its answer goes out; a repetition is told that nobody knows.
        tracing::warn!(%error, "cannot keep an answer for its Idempotency-Key");
    }
    response
}

async fn write(
    state: &State,
    key: &RequestKey,
    claimed_at: Timestamp,
    answer: Option<StoredAnswer>,
) -> Result<(), trunkline_store::StoreError> {
    let connection = state.store.connection().await?;
    match answer {
        Some(answer) => keep_answer(connection.executor(), key, claimed_at, &answer).await,
        None => release_key(connection.executor(), key, claimed_at).await,
    }
}

/// An answer, and as it is kept.
async fn read(
    state: &State,
    key: &RequestKey,
    response: Response,
) -> Result<(Response, StoredAnswer), axum::Error> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    let headers = KEPT.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), Value::from(value)))
    });
    let row = key.row();
    let secret = Secret::new(String::from_utf8_lossy(&body).into_owned());
    let sealed = state.keys.seal(&StoredAnswer::place(&row), &secret, &mut state.random.clone());
    let headers = Value::Object(headers.collect::<Map<_, _>>());
    let answer = StoredAnswer { status: parts.status.as_u16(), headers, sealed_body: sealed };
    Ok((Response::from_parts(parts, Body::from(body)), answer))
}

fn replay(state: &State, key: &RequestKey, answer: &StoredAnswer) -> Result<Response, Problem> {
    let row = key.row();
    let body = state.keys.open(&StoredAnswer::place(&row), &answer.sealed_body).map_err(|_| {
        let detail = "the request was done, but its answer is sealed under a key that is gone";
        Problem::new(Kind::Conflict, detail)
    })?;
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut response = (status, body.expose().to_owned()).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, value) in answer.headers.as_object().into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn outcome_unknown() -> Problem {
    let detail = "the first request with this Idempotency-Key failed in a way that does not tell whether it was done; \
                  look, and repeat it only with a new key";
    Problem::new(Kind::OutcomeUnknown, detail)
}

fn come_back_later() -> Response {
    let detail = "the first request with this Idempotency-Key is still being worked on";
    let mut response = Problem::new(Kind::Conflict, detail).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
