//! Meta's refusals. Where the reference does not know the words, they are made up: clients must not read them.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;

/// An error object and its status.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    message: String,
    details: Option<String>,
}

impl Refused {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, subcode: None, kind: "OAuthException", message, details: None }
    }

    pub(super) fn subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    pub(super) fn details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }

    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn answer(&self) -> Answer {
        let (status, body) = self.parts();
        Answer::json(status, &body)
    }

    /// Status and body.
    pub(crate) fn parts(&self) -> (u16, Value) {
        let mut error = json!({"message": self.message, "type": self.kind, "code": self.code});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        error["fbtrace_id"] = Value::from("ASimulatedTrace0000000");
        (self.status, json!({ "error": error }))
    }
}

/// 100: a parameter is missing or wrong.
pub(crate) fn invalid(details: impl Into<String>) -> Refused {
    Refused::new(400, 100, "(#100) Invalid parameter").details(details)
}

pub(super) fn no_version() -> Refused {
    Refused::new(
        400,
        2635,
        "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version.",
    )
}

pub(super) fn unknown_path(method: &str) -> Refused {
    Refused::new(400, 2500, format!("Unknown path components: {method}"))
}

/// The same for what is not there and what is hidden.
pub(crate) fn unknown_node(method: &str, id: &str) -> Refused {
    let method = method.to_ascii_lowercase();
    let message = format!(
        "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
    );
    Refused { kind: "GraphMethodException", ..Refused::new(400, 100, message).subcode(33) }
}

pub(super) fn no_token() -> Refused {
    let message =
        "An active access token must be used to query information about the current user.";
    Refused::new(400, 2500, message)
}

pub(super) fn bad_token(subcode: Option<u32>, as_400: bool) -> Refused {
    let words = match subcode {
        Some(463) => "Error validating access token: Session has expired.",
        Some(_) => "Error validating access token: The session has been invalidated.",
        None => "Invalid OAuth access token - Cannot parse access token",
    };
    let refused = Refused { subcode, ..Refused::new(401, 190, words) };
    if as_400 { refused.status(400) } else { refused }
}

pub(super) fn missing_permission(scope: &str) -> Refused {
    Refused::new(403, 200, format!("(#200) Requires {scope} permission to access the resource."))
}
