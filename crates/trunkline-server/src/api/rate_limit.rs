//! How many requests a key may make: a bucket of one minute's requests that refills steadily.
//!
//! It is the generic cell rate algorithm: of each key only the instant is kept at which its bucket
//! would be full again. Each process counts by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::State;
use crate::auth::Caller;
use crate::problem::{Kind, Problem};

const MINUTE: i128 = 60_000_000_000;
const SECOND: i128 = 1_000_000_000;
/// Above so many keys, those with full buckets are forgotten.
const CROWDED: usize = 10_000;

/// Counts the requests of every key.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_minute: u32,
    full_at: Mutex<HashMap<i32, i128>>,
}

/// What is left to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Allowance {
    /// Requests that may follow at once.
    remaining: u64,
    /// Seconds until the bucket is full.
    reset: u64,
    /// Refused: seconds until the next one may come.
    retry_after: Option<u64>,
}

impl RateLimiter {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), full_at: Mutex::default() }
    }

    fn take(&self, key: i32, now: Timestamp) -> Allowance {
        let now = now.as_nanosecond();
        let interval = MINUTE / i128::from(self.per_minute);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() > CROWDED {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.entry(key).or_insert(now);
        let used = (*at - now).max(0);
        let over = used + interval - MINUTE;
        if over > 0 {
            return Allowance {
                remaining: 0,
                reset: seconds(used),
                retry_after: Some(seconds(over)),
            };
        }
        *at = now + used + interval;
        let left = (MINUTE - used - interval) / interval;
        let remaining = u64::try_from(left).unwrap_or_default();
        Allowance { remaining, reset: seconds(used + interval), retry_after: None }
    }
}

/// Whole seconds, rounded up.
fn seconds(nanoseconds: i128) -> u64 {
    u64::try_from((nanoseconds + SECOND - 1) / SECOND).unwrap_or_default()
}

/// Lets in whoever has a key with requests left; says how many
/// (draft-ietf-httpapi-ratelimit-headers-07).
pub(crate) async fn limit_rate(
    Extract((state, limiter)): Extract<(State, Arc<RateLimiter>)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &state).await?;
    let request = Request::from_parts(parts, body);
    let allowance = limiter.take(caller.key_id, state.clock.now());
    let mut response = match allowance.retry_after {
        None => next.run(request).await,
        Some(after) => {
            let detail = format!(
                "this key may make {} requests a minute; the next one in {after} s",
                limiter.per_minute
            );
            Problem::new(Kind::TooManyRequests(after), detail).into_response()
        }
    };
    describe(response.headers_mut(), limiter.per_minute, allowance);
    Ok(response)
}

fn describe(headers: &mut HeaderMap, limit: u32, allowance: Allowance) {
    let mut set = |name, value: u64| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    };
    set("ratelimit-limit", limit.into());
    set("ratelimit-remaining", allowance.remaining);
    set("ratelimit-reset", allowance.reset);
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::RateLimiter;

    #[test]
    fn a_bucket_empties_and_refills_by_and_by() {
        let limiter = RateLimiter::new(3);
        let now = Timestamp::UNIX_EPOCH;
        let remaining: Vec<u64> = (0..3).map(|_| limiter.take(1, now).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        assert_eq!(limiter.take(1, now).retry_after, Some(20));
        assert_eq!(limiter.take(2, now).retry_after, None, "another key has its own");
        let later = now + SignedDuration::from_secs(20);
        assert_eq!(limiter.take(1, later).retry_after, None);
        assert_eq!(limiter.take(1, later).retry_after, Some(20));
        let much_later = later + SignedDuration::from_secs(600);
        assert_eq!(limiter.take(1, much_later).remaining, 2, "never more than a minute's");
    }
}
