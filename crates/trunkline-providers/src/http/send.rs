use std::time::Duration;

use reqwest::{Method, Request, Response, Url, header::LOCATION};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::{
    error::Failure,
    http::{Answer, Call, Http, Passed, Unanswered, redaction::Secrets},
};

/// How many redirects within one host are followed.
const HOPS: usize = 3;

impl Http {
    /// Sends a request and reads the whole answer: the only function that does.
    ///
    /// Its span has the name of the call, and no parts of the request but method and host.
    pub async fn send(&self, call: Call) -> Result<Answer, Unanswered> {
        let span = call.span();
        let started = Instant::now();
        span.record("method", call.request.method().as_str());
        span.record("host", call.request.url().host_str().unwrap_or_default());
        let secrets = call.secrets.clone();
        let delivery = timeout(self.timeout, self.deliver(call)).instrument(span.clone()).await;
        let outcome =
            delivery.unwrap_or_else(|_| Err(Unanswered::too_late())).map_err(|unanswered| {
                Unanswered { words: secrets.clean(&unanswered.words), ..unanswered }
            });
        span.record("duration_milliseconds", u64::try_from(started.elapsed().as_millis()).ok());
        match &outcome {
            Ok(answer) => span.record("status", answer.status()),
            Err(unanswered) => span.record("failure", tracing::field::debug(unanswered.failure)),
        };
        outcome
    }

    /// Sends a request whose answer is passed on: gives it as soon as its head is there, which must be within `patience`, with
    /// the body to come. No redirect is followed.
    pub async fn open(
        &self,
        call: Call,
        patience: Duration,
        limit: u64,
        idle: Duration,
    ) -> Result<Passed, Unanswered> {
        let span = call.span();
        let started = Instant::now();
        span.record("method", call.request.method().as_str());
        span.record("host", call.request.url().host_str().unwrap_or_default());
        let secrets = call.secrets;
        let opening = async {
            if call.unsendable {
                let words = "it contains characters that an HTTP header cannot carry";
                return Err(Unanswered::new(Failure::Credential, words));
            }
            self.one(call.request).await
        };
        let opened = timeout(patience, opening).instrument(span.clone()).await;
        let opened = opened.unwrap_or_else(|_| Err(Unanswered::too_late())).map_err(|unanswered| {
            Unanswered { words: secrets.clean(&unanswered.words), ..unanswered }
        });
        span.record("duration_milliseconds", u64::try_from(started.elapsed().as_millis()).ok());
        match &opened {
            Ok(response) => span.record("status", response.status().as_u16()),
            Err(unanswered) => span.record("failure", tracing::field::debug(unanswered.failure)),
        };
        opened.map(|response| Passed::new(response, &secrets, limit, idle))
    }

    async fn deliver(&self, call: Call) -> Result<Answer, Unanswered> {
        if call.unsendable {
            let words = "it contains characters that an HTTP header cannot carry";
            return Err(Unanswered::new(Failure::Credential, words));
        }
        let mut request = call.request;
        for _ in 0..=HOPS {
            let next = request.try_clone();
            let response = self.one(request).await?;
            let Some(location) = redirection(&response) else {
                return self.read(response, call.secrets).await;
            };
            request = follow(next, &location, &response)?;
        }
        Err(Unanswered::new(Failure::Redirected, format!("more than {HOPS} redirects in a row")))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one function that sends")]
    async fn one(&self, request: Request) -> Result<Response, Unanswered> {
        self.guard.examine(request.url())?;
        Ok(self.client.execute(request).await?)
    }

    async fn read(&self, mut response: Response, secrets: Secrets) -> Result<Answer, Unanswered> {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let limit = self.response_limit;
        let expected = response.content_length().unwrap_or_default();
        let mut fits = usize::try_from(expected).is_ok_and(|expected| expected <= limit);
        while fits {
            match response.chunk().await {
                Ok(None) => {
                    let headers = response.headers().clone();
                    return Ok(Answer::new(status, headers, body, secrets));
                }
                Ok(Some(chunk)) => {
                    fits = chunk.len() <= limit - body.len();
                    if fits {
                        body.extend_from_slice(&chunk);
                    }
                }
                Err(error) => return Err(Unanswered { status: Some(status), ..error.into() }),
            }
        }
        let words = format!("the answer is longer than {limit} bytes");
        Err(Unanswered { status: Some(status), ..Unanswered::new(Failure::TooLarge, words) })
    }
}

/// Where an answer sends us, if it does (RFC 9110, 15.4).
fn redirection(response: &Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The same request at the new place: only for what changes nothing, and only within the same origin, because the
/// credentials go along.
fn follow(
    request: Option<Request>,
    location: &str,
    from: &Response,
) -> Result<Request, Unanswered> {
    let status = from.status().as_u16();
    let elsewhere = |place: &str| Unanswered {
        status: Some(status),
        ..Unanswered::new(Failure::Redirected, format!("status {status}, to {place}"))
    };
    let target: Url = from.url().join(location).map_err(|_| elsewhere("a place that is no URL"))?;
    let origin = target.origin();
    let mut request = request.ok_or_else(|| elsewhere(&origin.ascii_serialization()))?;
    if origin != from.url().origin() || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(elsewhere(&origin.ascii_serialization()));
    }
    *request.url_mut() = target;
    Ok(request)
}
