//! What a request says: read strictly, so that a field that is not known is refused and named.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{FieldProblem, Kind, Problem};

/// A JSON body; what is wrong with it names the field.
#[derive(Debug)]
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = match axum::Json::<Box<serde_json::value::RawValue>>::from_request(
            request, state,
        )
        .await
        {
            Ok(axum::Json(raw)) => raw,
            Err(rejection) => return Err(refuse_body(&rejection)),
        };
        let mut reader = serde_json::Deserializer::from_str(bytes.get());
        serde_path_to_error::deserialize(&mut reader).map(Self).map_err(|error| {
            let field = error.path().to_string();
            let message = without_position(&error.inner().to_string());
            if field == "." {
                Problem::new(Kind::Malformed, message)
            } else {
                Problem::invalid(vec![FieldProblem { field, message }])
            }
        })
    }
}

fn refuse_body(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            let detail = "the body is JSON: Content-Type: application/json";
            Problem::new(Kind::UnsupportedMediaType, detail)
        }
        JsonRejection::BytesRejection(_) if rejection.status().as_u16() == 413 => {
            Problem::new(Kind::TooLarge, "the body is larger than this operation takes")
        }
        other => Problem::new(Kind::Malformed, other.body_text()),
    }
}

/// serde says where in the text; the field's name is of more use.
fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text).to_owned()
}

/// The query string; what is wrong with it names the parameter.
#[derive(Debug)]
pub(crate) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        // PostgreSQL's texts hold every character but this one.
        let zero = form_urlencoded::parse(query.as_bytes()).find(|(_, text)| text.contains('\0'));
        if let Some((field, _)) = zero {
            let (field, message) = (field.into_owned(), "it holds a NUL character".to_owned());
            return Err(Problem::invalid(vec![FieldProblem { field, message }]));
        }
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| {
            let message = error.inner().to_string();
            let (field, message) = (error.path().to_string(), of_a_number(message));
            Problem::invalid(vec![FieldProblem { field, message }])
        })
    }
}

/// What a number must be, where Rust says what is in the way of reading one.
fn of_a_number(message: String) -> String {
    match message.as_str() {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "it must be a whole number".to_owned()
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "it is too large, or too small".to_owned()
        }
        _ => message,
    }
}
