//! Twilio's refusals in both of their shapes.

use serde_json::json;

use crate::simulator::answer::Answer;

/// An error and its status.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    status: u16,
    code: u32,
    message: String,
}

impl Refused {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// As problem+json, or in the classic shape.
    pub(super) fn answer(&self, problem_details: bool) -> Answer {
        let Self { status, code, message } = self;
        let page = format!("https://www.twilio.com/docs/api/errors/{code}");
        if problem_details {
            let body = json!({"type": page, "title": message, "status": status, "code": code, "detail": message});
            let text = body.to_string();
            return Answer::text(*status, "application/problem+json", text);
        }
        let body = json!({"code": code, "message": message, "more_info": page, "status": status});
        Answer::json(*status, &body)
    }
}

pub(super) fn unauthenticated() -> Refused {
    Refused::new(401, 20003, "Authenticate")
}

pub(super) fn forbidden() -> Refused {
    Refused::new(403, 20003, "Permission denied")
}

pub(super) fn not_found(path: &str) -> Refused {
    let path = path.trim_start_matches("/twilio");
    Refused::new(404, 20404, format!("The requested resource {path} was not found"))
}

pub(super) fn invalid(message: impl Into<String>) -> Refused {
    Refused::new(400, 20001, message)
}
