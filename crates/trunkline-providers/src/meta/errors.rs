//! Meta's errors, by code: `https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes`,
//! `https://developers.facebook.com/docs/graph-api/guides/error-handling` and, for the limits,
//! `https://developers.facebook.com/docs/graph-api/overview/rate-limiting`.
//!
//! The code decides, not the HTTP status: most errors come as 400.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::Provider,
    exchange::{Class, Dialect, Verdict, retry_after, text},
    http::Answer,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

pub(crate) const DIALECT: Dialect =
    Dialect { provider: Provider::Meta, read, shortest_wait: MINUTE, usage };

fn read(answer: &Answer, body: Option<&Value>) -> Verdict {
    let Some(error) = body.and_then(|body| body.get("error")) else {
        let class = if answer.status() == 429 { Class::Throttled } else { Class::Transient };
        return Verdict { wait: wait(answer, None), ..Verdict::new(class) };
    };
    let number = |name: &str| error.get(name).and_then(integer);
    let code = number("code");
    let transient = error.get("is_transient").and_then(Value::as_bool) == Some(true);
    Verdict {
        class: classify(code, number("error_subcode"), transient, answer.status()),
        code: error.get("code").and_then(text),
        subcode: number("error_subcode").and_then(|subcode| subcode.try_into().ok()),
        message: message(error),
        trace: error.get("fbtrace_id").and_then(text),
        wait: wait(answer, code),
    }
}

/// What a code means to the caller.
fn classify(code: Option<u64>, subcode: Option<u64>, transient: bool, status: u16) -> Class {
    let Some(code) = code else { return Class::of_status(status) };
    match (code, subcode) {
        // 463 expired, 467 invalidated: with whichever code they come.
        (_, Some(463 | 467)) | (0 | 102 | 104 | 190, _) => Class::Authentication,
        (3 | 10 | 200..=299 | 368 | 131_005 | 131_031, _) => Class::Permission,
        // 100 with 33 is a thing that is not there, or not ours: Meta does not say which.
        (33 | 803, _) | (100, Some(33)) => Class::NotFound,
        (
            4 | 17 | 32 | 341 | 613 | 80_007 | 80_008 | 130_429 | 131_048 | 131_056 | 131_064
            | 133_008 | 133_009 | 133_015 | 133_016,
            _,
        ) => Class::Throttled,
        (1 | 2 | 131_000 | 131_016 | 131_057 | 133_004, _) => Class::Transient,
        _ if transient || status >= 500 => Class::Transient,
        _ => Class::Invalid,
    }
}

/// How long a throttled call waits: what the headers say within a minute and an hour, or what the code's page says.
fn wait(answer: &Answer, code: Option<u64>) -> Option<Duration> {
    match code {
        // Ten (de)registrations of a number in 72 hours.
        Some(133_016) => return Some(72 * HOUR),
        // A number that was deleted a moment ago.
        Some(133_015) => return Some(5 * MINUTE),
        _ => {}
    }
    Some(told(answer)?.clamp(MINUTE, HOUR))
}

/// How long the headers say to wait.
pub(crate) fn told(answer: &Answer) -> Option<Duration> {
    retry_after(answer).or_else(|| {
        let usage =
            serde_json::from_str::<Value>(answer.header("x-business-use-case-usage")?).ok()?;
        let minutes = usage.as_object()?.values().filter_map(Value::as_array).flatten();
        let longest = minutes
            .filter_map(|entry| entry.get("estimated_time_to_regain_access")?.as_u64())
            .max()?;
        Some(Duration::from_secs(longest.saturating_mul(60)))
    })
}

/// Whether an error says that the number or the account as a whole sends or asks too much. Limits of one recipient (131056), of
/// one template (131064) and of registrations are none of these.
pub(crate) fn is_too_much(answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let code = body.get("error").and_then(|error| error.get("code")).and_then(integer);
    matches!(code, Some(4 | 17 | 32 | 341 | 613 | 80_007 | 80_008 | 130_429 | 131_048))
}

/// The highest percentage in the usage headers, whichever business and measure it is of.
pub(crate) fn usage(answer: &Answer) -> Option<u64> {
    let header = |name| serde_json::from_str::<Value>(answer.header(name)?).ok();
    let app = header("x-app-usage");
    let business = header("x-business-use-case-usage");
    let entries = business.iter().filter_map(Value::as_object).flat_map(|usage| usage.values());
    let entries = entries.filter_map(Value::as_array).flatten().chain(&app);
    entries
        .flat_map(|entry| ["call_count", "total_cputime", "total_time"].map(|name| entry.get(name)))
        .filter_map(|percent| percent?.as_u64())
        .max()
}

/// `message`, and `error_data` behind it, which is an object with `details` or plain text.
fn message(error: &Value) -> Option<String> {
    let data = error.get("error_data");
    let details = data.and_then(|data| data.get("details").or(Some(data))).and_then(text);
    match (error.get("message").and_then(text), details) {
        (Some(message), Some(details)) if !message.contains(&details) => {
            Some(format!("{message} ({details})"))
        }
        (message, details) => message.or(details),
    }
}

fn integer(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
