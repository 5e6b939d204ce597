use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::Value;
use sha2::Sha256;
use trunkline_core::secrets::Secret;
use trunkline_providers::call;
use trunkline_providers::error::Failure;
use trunkline_providers::http::{Answer, HeaderName, Method, Unanswered};
use trunkline_store::alerts::Destination;

use super::attempt::Failed;
use crate::State;
use crate::alerts::destinations::{open, signing_key};

/// How much of an answer is shown, in characters.
const WORDS: usize = 200;

/// The longest that a `Retry-After` is believed.
const LONGEST_WAIT: i64 = 24 * 3600;

/// Posts a message, signed as Standard Webhooks says; the status of the answer.
pub(super) async fn send(
    state: &State,
    destination: &Destination,
    id: &str,
    body: &Value,
) -> Result<i32, Failed> {
    let url = destination.url.as_deref().unwrap_or_default();
    let guard = state.providers.guard();
    let url = guard.parse(url).map_err(|refusal| Failed::new(refusal.to_string()))?;
    let secret = match open(state, destination) {
        Some(Ok(secret)) => secret,
        Some(Err(error)) => {
            return Err(Failed::new(format!("the secret does not open: {error}; replace it")));
        }
        None => return Err(Failed::new("it has no secret to sign with; give it one")),
    };
    let body = body.to_string();
    let timestamp = state.clock.now().as_second().to_string();
    let signature = sign(&secret, id, &timestamp, &body)
        .ok_or_else(|| Failed::new("the secret is no base64 after whsec_; replace it"))?;
    let call = call!("alerts.webhook", Method::POST, url)
        .text_header(HeaderName::from_static("webhook-id"), id)
        .text_header(HeaderName::from_static("webhook-timestamp"), &timestamp)
        .text_header(HeaderName::from_static("webhook-signature"), &signature)
        .body("application/json", body.into_bytes());
    let http = state.providers.http().map_err(|problem| Failed::new(problem.detail))?;
    let answer = http.send(call).await.map_err(|unanswered| unanswered_words(&unanswered))?;
    let status = i32::from(answer.status());
    match status {
        200..300 => Ok(status),
        // Standard Webhooks: whoever says so does not want to hear of it again.
        410 => Err(Failed { is_final: true, ..refused(&answer) }),
        _ => Err(refused(&answer)),
    }
}

/// `v1,` and the HMAC-SHA-256 of id, time and body (Standard Webhooks, symmetric signatures).
fn sign(secret: &Secret, id: &str, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&signing_key(secret)?).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

fn refused(answer: &Answer) -> Failed {
    let status = answer.status();
    let said: String = String::from_utf8_lossy(answer.body())
        .trim()
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(WORDS)
        .collect();
    let words = if said.is_empty() {
        format!("it answered {status}")
    } else {
        format!("it answered {status}: {said}")
    };
    let wait = answer.header("retry-after").and_then(|wait| wait.trim().parse::<i64>().ok());
    Failed {
        status: Some(status.into()),
        not_before: wait.map(|wait| SignedDuration::from_secs(wait.clamp(0, LONGEST_WAIT))),
        ..Failed::new(words)
    }
}

fn unanswered_words(unanswered: &Unanswered) -> Failed {
    let words = match unanswered.failure {
        Failure::Redirected => {
            format!("it redirects, which is not followed; give the address itself: {unanswered}")
        }
        Failure::Connection => format!("no connection: {unanswered}"),
        Failure::Tls => format!("no trusted TLS connection: {unanswered}"),
        Failure::Interrupted => format!("the connection broke off: {unanswered}"),
        _ => unanswered.to_string(),
    };
    Failed { status: unanswered.status.map(i32::from), ..Failed::new(words) }
}

#[cfg(test)]
mod tests {
    use trunkline_core::secrets::Secret;

    use super::sign;

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn a_message_is_signed_as_standard_webhooks_says() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed =
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }
}
