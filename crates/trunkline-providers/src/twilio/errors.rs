//! Twilio's errors, by code: `https://www.twilio.com/docs/api/errors`, each with a page of its own, such as
//! `https://www.twilio.com/docs/api/errors/20003`. Newer APIs speak problem+json (RFC 9457) with the same `code`.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::Provider,
    exchange::{Class, Dialect, Verdict, retry_after, text},
    http::Answer,
};

/// Twilio's advice for repeats ends at 30 seconds.
pub(crate) const DIALECT: Dialect = Dialect {
    provider: Provider::Twilio,
    read,
    shortest_wait: Duration::from_secs(30),
    usage: |_| None,
};

/// The account is suspended, closed, or not paid: `https://www.twilio.com/docs/api/errors/10001` and so on.
pub(super) const INACTIVE: [&str; 4] = ["10001", "20005", "21472", "90010"];

fn read(answer: &Answer, body: Option<&Value>) -> Verdict {
    let find = |name: &str| body.and_then(|body| body.get(name)).and_then(text);
    let code = find("code");
    let plain = || (body.is_none() && !answer.body().is_empty()).then(|| answer.words());
    Verdict {
        class: classify(code.as_deref(), answer.status()),
        message: ["message", "detail", "title"].into_iter().find_map(find).or_else(plain),
        wait: retry_after(answer),
        code,
        ..Verdict::new(Class::Transient)
    }
}

/// What a code means to the caller; without a known one, what the status means.
fn classify(code: Option<&str>, status: u16) -> Class {
    match code {
        // Bad credentials, or good ones that may not: the status tells which.
        Some("20003") if status == 403 => Class::Permission,
        Some("20003" | "20101" | "20104") => Class::Authentication,
        Some(code) if code == "70051" || INACTIVE.contains(&code) => Class::Permission,
        Some("20404") => Class::NotFound,
        Some("20429" | "63018") => Class::Throttled,
        _ => Class::of_status(status),
    }
}
