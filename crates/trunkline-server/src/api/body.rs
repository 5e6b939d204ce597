//! What a request says: read strictly, so that a field that is not known is refused and named.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{FieldProblem, Kind, Problem};

/// A JSON body; what is wrong with it names the field.
#[derive(Debug)]
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        refuse_other_encodings(request.headers())?;
        let bytes = match axum::Json::<Box<serde_json::value::RawValue>>::from_request(
            request, state,
        )
        .await
        {
            Ok(axum::Json(raw)) => raw,
            Err(rejection) => return Err(refuse_body(&rejection)),
        };
        // serde takes an array for an object whose fields it names in order.
        if !bytes.get().trim_start().starts_with('{') {
            return Err(Problem::new(Kind::Malformed, "the body must be a JSON object: {…}"));
        }
        let mut reader = serde_json::Deserializer::from_str(bytes.get());
        serde_path_to_error::deserialize(&mut reader).map(Self).map_err(|error| {
            let message = without_position(&error.inner().to_string());
            let problem = in_our_words(&error.path().to_string(), &message);
            if problem.field == "." {
                Problem::new(Kind::Malformed, problem.message)
            } else {
                Problem::invalid(vec![problem])
            }
        })
    }
}

/// Refuses what would be read as something else than it is.
fn refuse_other_encodings(headers: &HeaderMap) -> Result<(), Problem> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = header(CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        let detail = "the body is taken as it is, without a Content-Encoding";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let parameters = header(CONTENT_TYPE).split(';').skip(1);
    let charset = parameters.filter_map(|one| one.split_once('=')).find_map(|(name, text)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| text.trim().trim_matches('"'))
    });
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(Problem::new(Kind::UnsupportedMediaType, "JSON is UTF-8 alone"));
    }
    Ok(())
}

/// The field and what is wrong with it, where serde names the field in its message, or a type of Rust's.
fn in_our_words(path: &str, message: &str) -> FieldProblem {
    let named = |beginning: &str| {
        let (name, _) = message.strip_prefix(beginning)?.split_once('`')?;
        Some(if path == "." { name.to_owned() } else { format!("{path}.{name}") })
    };
    for (beginning, told) in
        [("missing field `", "it is missing"), ("duplicate field `", "it is given twice")]
    {
        if let Some(field) = named(beginning) {
            return FieldProblem { field, message: told.to_owned() };
        }
    }
    let is_number = |kind: &str| {
        let size = kind.strip_prefix(['i', 'u']).unwrap_or_default();
        matches!(size, "8" | "16" | "32" | "64" | "size")
    };
    let message = match message.rsplit_once("expected ") {
        Some((before, kind)) if is_number(kind) => format!("{before}expected a whole number"),
        _ => of_a_number(message),
    };
    FieldProblem { field: path.to_owned(), message }
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
            Problem::invalid(vec![in_our_words(&error.path().to_string(), &message)])
        })
    }
}

/// What a number must be, where Rust says what is in the way of reading one.
fn of_a_number(message: &str) -> String {
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "it must be a whole number".to_owned()
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "it is too large, or too small".to_owned()
        }
        _ => message.to_owned(),
    }
}
