//! 360dialog's refusals: in `meta`, but for `/token` and the messaging API.

use hyper::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::simulator::{answer::Answer, meta};

/// An error and its status.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    status: u16,
    body: Value,
    retry_after: Option<i64>,
}

impl Refused {
    fn meta(status: u16, message: &str, details: &[String]) -> Self {
        let body = json!({"meta": {"success": false, "http_code": status, "developer_message": message,
            "details": details}});
        Self { status, body, retry_after: None }
    }

    /// As the messaging API's gateway says it.
    pub(super) fn plain(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "error": message }), retry_after: None }
    }

    /// What Meta says is passed on.
    pub(super) fn of_meta(refused: &meta::Refused) -> Self {
        let (status, body) = refused.parts();
        Self { status, body, retry_after: None }
    }

    /// As OAuth says it (RFC 6749, 5.2).
    pub(super) fn oauth(error: &str, description: &str) -> Self {
        let body = json!({"error": error, "error_description": description});
        Self { status: 401, body, retry_after: None }
    }

    pub(super) fn answer(self) -> Answer {
        let answer = Answer::json(self.status, &self.body);
        match self.retry_after {
            Some(seconds) => answer.with(RETRY_AFTER, seconds.to_string()),
            None => answer,
        }
    }
}

pub(super) fn unauthorised() -> Refused {
    Refused::meta(401, "Unauthorized", &[])
}

pub(super) fn forbidden() -> Refused {
    Refused::meta(403, "Forbidden", &[])
}

pub(super) fn not_found() -> Refused {
    Refused::meta(404, "Not found", &[])
}

/// Too many requests; how long to wait is said, though no page promises that.
pub(super) fn throttled(seconds: i64) -> Refused {
    Refused { retry_after: Some(seconds), ..Refused::meta(429, "Too many requests", &[]) }
}

pub(super) fn wrong_payload(details: impl Into<String>) -> Refused {
    Refused::meta(400, "Wrong payload", &[details.into()])
}
