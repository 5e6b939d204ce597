//! 360dialog's errors: `{"meta": {...}}`, but for `/token`, and what gateways write.
//!
//! The statuses 400 "Wrong payload", 403 "Forbidden" and 404 "Not found" stand in the Partner API's reference
//! (`https://docs.360dialog.com/partner/partner-api/api-reference/channel-management`); 401 and 429 are seen by
//! integrators only. No list of codes is published, so the status decides.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::Provider,
    exchange::{Class, Dialect, Verdict, retry_after, text},
    http::Answer,
};

/// The reference names 5 requests in 30 seconds for balances, and integrators see the same for everything.
pub(crate) const DIALECT: Dialect = Dialect {
    provider: Provider::Dialog360,
    read,
    shortest_wait: Duration::from_secs(30),
    usage: |_| None,
};

/// Where a message may stand; the first that holds one is taken.
const MESSAGES: [&str; 6] = [
    "/meta/developer_message",
    "/meta/error_data/message",
    "/error_description",
    "/error/message",
    "/message",
    "/error",
];

fn read(answer: &Answer, body: Option<&Value>) -> Verdict {
    let find = |path: &str| body.and_then(|body| body.pointer(path)).and_then(text);
    let plain = || (body.is_none() && !answer.body().is_empty()).then(|| answer.words());
    Verdict {
        code: find("/meta/error_data/code"),
        message: MESSAGES.iter().find_map(|path| find(path)).or_else(plain),
        wait: retry_after(answer),
        ..Verdict::new(Class::of_status(answer.status()))
    }
}
