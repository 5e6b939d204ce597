//! One call and its answer as JSON, or as the error that the provider's own words make of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use trunkline_core::Clock;

use crate::{
    error::{Failure, Kind, Provider, ProviderError},
    http::{Answer, Call, Http, Unanswered},
};

/// The longest text of a provider that an error carries, in characters.
const MESSAGE_LENGTH: usize = 500;

/// How a provider speaks of errors.
pub(crate) struct Dialect {
    pub(crate) provider: Provider,
    /// Reads an answer with an error status. The body is `None` when it is not JSON.
    pub(crate) read: fn(&Answer, Option<&Value>) -> Verdict,
    /// How long to wait when a throttled call is not told for how long.
    pub(crate) shortest_wait: Duration,
    /// How much of the provider's budget is used up, in percent, where answers say that.
    pub(crate) usage: fn(&Answer) -> Option<u64>,
}

/// [`Kind`] before it is known what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Authentication,
    Permission,
    Throttled,
    Transient,
    Invalid,
    NotFound,
}

impl Class {
    /// What the HTTP status alone says (RFC 9110).
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 | 403 => Self::Permission,
            404 | 410 => Self::NotFound,
            429 => Self::Throttled,
            400..=499 if status != 408 => Self::Invalid,
            _ => Self::Transient,
        }
    }
}

/// What a provider's error answer says.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    pub(crate) code: Option<String>,
    pub(crate) subcode: Option<u32>,
    pub(crate) message: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) wait: Option<Duration>,
}

impl Verdict {
    pub(crate) fn new(class: Class) -> Self {
        Self { class, code: None, subcode: None, message: None, trace: None, wait: None }
    }
}

/// An answer with a success status.
pub(crate) struct Reply {
    value: Value,
    answer: Answer,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.answer.header(name)
    }

    /// The answer for showing: where it repeats a secret of the call, that is masked.
    pub(crate) fn scrubbed(self) -> Value {
        scrub(self.value, &self.answer)
    }

    /// The answer as it came, for the one who asked for the secret in it.
    pub(crate) fn into_value(self) -> Value {
        self.value
    }

    /// How much of the provider's budget is used up, in percent.
    pub(crate) fn usage(&self, dialect: &Dialect) -> Option<u64> {
        (dialect.usage)(&self.answer)
    }

    /// Reads the answer by a function; an answer that is something else is an error.
    pub(crate) fn read_by<T>(
        self,
        dialect: &Dialect,
        call: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, ProviderError> {
        let status = self.answer.status();
        read(self.scrubbed()).ok_or_else(|| ProviderError {
            status: Some(status),
            ..ProviderError::unexpected(dialect.provider, call)
        })
    }
}

/// Sends, and reads the answer as JSON.
pub(crate) async fn exchange(
    http: &Http,
    clock: &Clock,
    dialect: &Dialect,
    call: Call,
) -> Result<Reply, ProviderError> {
    let name = call.name();
    match http.send(call).await {
        Err(unanswered) => Err(without_answer(dialect.provider, name, unanswered)),
        Ok(answer) => settle(dialect, name, answer, clock.now()),
    }
}

fn without_answer(provider: Provider, call: &'static str, unanswered: Unanswered) -> ProviderError {
    let kind = match unanswered.failure {
        Failure::Refused | Failure::Credential | Failure::Redirected => Kind::Invalid,
        _ => Kind::Transient,
    };
    ProviderError {
        provider,
        call,
        kind,
        failure: unanswered.failure,
        status: unanswered.status,
        code: None,
        subcode: None,
        message: unanswered.words.into(),
        words: None,
        trace: None,
    }
}

fn settle(
    dialect: &Dialect,
    call: &'static str,
    answer: Answer,
    now: Timestamp,
) -> Result<Reply, ProviderError> {
    let good = (200..300).contains(&answer.status());
    let value = match answer.body() {
        // 204: done, and nothing to say about it.
        [] if answer.status() == 204 => Some(Value::Null),
        body => serde_json::from_slice::<Value>(body).ok(),
    };
    let (failure, verdict) = match value {
        Some(value) if good => return Ok(Reply { value, answer }),
        Some(value) => (Failure::Answered, (dialect.read)(&answer, Some(&value))),
        None if good || answer.is_markup() => {
            (Failure::NotJson, Verdict::new(without_json(answer.status())))
        }
        None => (Failure::Answered, (dialect.read)(&answer, None)),
    };
    let message = verdict.message.map_or_else(
        || format!("HTTP status {} without a readable explanation", answer.status()),
        |text| answer.clean(&text, MESSAGE_LENGTH),
    );
    let words = answer.words();
    Err(ProviderError {
        provider: dialect.provider,
        call,
        kind: kind(verdict.class, verdict.wait.unwrap_or(dialect.shortest_wait), now),
        failure,
        status: Some(answer.status()),
        code: verdict.code.map(|code| answer.clean(&code, MESSAGE_LENGTH).into()),
        subcode: verdict.subcode,
        message: message.into(),
        words: (!words.is_empty()).then(|| words.into()),
        trace: verdict.trace.map(|trace| answer.clean(&trace, MESSAGE_LENGTH).into()),
    })
}

/// A page of HTML comes from something in between, so its status says nothing about our credentials.
fn without_json(status: u16) -> Class {
    if status == 429 { Class::Throttled } else { Class::Transient }
}

fn kind(class: Class, wait: Duration, now: Timestamp) -> Kind {
    match class {
        Class::Authentication => Kind::Authentication,
        Class::Permission => Kind::Permission,
        Class::Throttled => Kind::Throttled { until: later(now, wait) },
        Class::Transient => Kind::Transient,
        Class::Invalid => Kind::Invalid,
        Class::NotFound => Kind::NotFound,
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

fn scrub(value: Value, answer: &Answer) -> Value {
    match value {
        Value::String(text) => Value::String(answer.mask(&text)),
        Value::Array(items) => items.into_iter().map(|item| scrub(item, answer)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, scrub(value, answer))).collect()
        }
        other => other,
    }
}

/// A JSON string or number as text: the providers do not agree with themselves on which a code or an id is.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3). Its other form, a date, is left to the shortest wait.
pub(crate) fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds: u64 = answer.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

#[cfg(test)]
mod tests;
