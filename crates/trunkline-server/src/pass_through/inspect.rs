//! What must be seen to before a request is passed on.

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use trunkline_providers::pass_through::{
    BodyRefused, Checked, check_form, check_graph_form, check_json,
};

use super::invalid;
use crate::Problem;
use crate::problem::Kind;

/// The longest body that is looked at, in bytes.
const LONGEST: usize = 1024 * 1024;

/// What a body is, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Json,
    Form,
    Multipart,
    None,
}

impl Shape {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(Self::None) };
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => Ok(Self::Json),
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            "multipart/form-data" => Ok(Self::Multipart),
            _ => Err(unsupported("JSON, a form or a multipart form")),
        }
    }
}

pub(super) fn unsupported(takes: &str) -> Problem {
    Problem::new(Kind::UnsupportedMediaType, format!("this path takes {takes}"))
}

/// The body, which is short.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("a body of this path has at most {LONGEST} bytes");
        Problem::new(Kind::TooLarge, detail)
    };
    let said = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|said: usize| said > LONGEST) {
        return Err(too_large());
    }
    // What breaks off reaches nobody, so all that is left to say is that it is too long.
    let read = to_bytes(body, LONGEST).await.map_err(|_| too_large())?;
    Ok(read.to_vec())
}

/// A body of the Graph API that names no other method, token or object.
pub(super) fn graph(form: Shape, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    match form {
        Shape::Json => check_json(&body).map(|()| body),
        Shape::Form => check_graph_form(&body).map(|Checked(body)| body),
        Shape::None if body.is_empty() => Ok(body),
        Shape::None | Shape::Multipart => return Err(unsupported("JSON or a form")),
    }
    .map_err(|refused| refuse(&refused))
}

/// A message of Twilio's from this number.
pub(super) fn message(form: Shape, body: &[u8], number: &str) -> Result<Vec<u8>, Problem> {
    if form != Shape::Form {
        return Err(unsupported("application/x-www-form-urlencoded"));
    }
    let checked = check_form(body, number).map_err(|refused| refuse(&refused))?;
    Ok(checked.0)
}

fn refuse(refused: &BodyRefused) -> Problem {
    invalid("body", refused.to_string())
}

/// Whether this is what Meta says of media, and of nothing else.
pub(super) fn is_media(document: &Value) -> bool {
    document["messaging_product"] == "whatsapp"
        && ["url", "mime_type", "sha256"].iter().all(|name| document[name].is_string())
}

/// Whether this message of Twilio's is from or to the number.
pub(super) fn is_of_number(document: &Value, number: &str) -> bool {
    let own = format!("whatsapp:{number}");
    document["from"] == own.as_str() || document["to"] == own.as_str()
}
