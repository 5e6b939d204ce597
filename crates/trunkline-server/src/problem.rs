use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use trunkline_store::StoreError;
use utoipa::ToSchema;

/// What kind of problem: the last part of its type URI, which stays the same for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is not understood.
    Malformed,
    /// A field holds what it may not.
    Invalid,
    /// Nobody said who is asking, or nobody knows them.
    Unauthenticated,
    /// Whoever asks may not do this.
    Forbidden,
    /// It is not there, or not for whoever asks.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// It contradicts what is there.
    Conflict,
    /// Somebody else changed it since it was read.
    Stale,
    /// An edit must say which version it edits.
    VersionRequired,
    /// The body or the headers are too long.
    TooLarge,
    /// The body is of another type than the operation takes.
    UnsupportedMediaType,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused,
    /// Whether the first request with the `Idempotency-Key` was done is not known.
    OutcomeUnknown,
    /// Too many requests; come back after so many seconds.
    TooManyRequests(u64),
    /// The body did not come in time.
    TooSlow,
    /// It took too long.
    TimedOut,
    /// The database, or something else that is needed, is not there for the moment.
    Unavailable,
    /// A mistake of ours.
    Internal,
}

impl Kind {
    /// Every kind, for the documentation and the test that walks them.
    pub const ALL: &[Self] = &[
        Self::Malformed,
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Stale,
        Self::VersionRequired,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::IdempotencyKeyReused,
        Self::OutcomeUnknown,
        Self::TooManyRequests(1),
        Self::TooSlow,
        Self::TimedOut,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Slug, HTTP status and title.
    pub const fn describe(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Malformed => {
                ("malformed", StatusCode::BAD_REQUEST, "The request is not understood")
            }
            Self::Invalid => ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "A field is not valid"),
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED, "Not signed in"),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "Not allowed"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The path does not take this method",
            ),
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "It contradicts what is there"),
            Self::Stale => ("stale", StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"),
            Self::VersionRequired => {
                ("version-required", StatusCode::PRECONDITION_REQUIRED, "If-Match is missing")
            }
            Self::TooLarge => {
                ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The request is too large")
            }
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is of another type",
            ),
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The Idempotency-Key was used before",
            ),
            Self::OutcomeUnknown => {
                ("outcome-unknown", StatusCode::CONFLICT, "Whether it was done before is not known")
            }
            Self::TooManyRequests(_) => {
                ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests")
            }
            Self::TooSlow => {
                ("too-slow", StatusCode::REQUEST_TIMEOUT, "The request came too slowly")
            }
            Self::TimedOut => ("timed-out", StatusCode::SERVICE_UNAVAILABLE, "It took too long"),
            Self::Unavailable => {
                ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not available for the moment")
            }
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "A mistake of ours"),
        }
    }
}

/// A field that holds what it may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Its path, as `public_profile.colors.primary`.
    pub field: String,
    /// What is wrong, and what it may be.
    pub message: String,
}

/// An answer that is not the one asked for. What the outside may read and what only the log may hold
/// are apart: `cause` never leaves.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What kind.
    pub kind: Kind,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// Which fields.
    pub fields: Vec<FieldProblem>,
    /// Why, for the log alone.
    pub cause: Option<String>,
}

/// The cause of a problem, on its way to the log.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub String);

/// A problem as RFC 9457 writes it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `/problems/<slug>`: what kind, for programs; the page there explains it.
    #[schema(example = "/problems/invalid")]
    r#type: String,
    /// What kind, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do.
    detail: String,
    /// Which fields, where it is about some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), fields: Vec::new(), cause: None }
    }

    /// Fields that hold what they may not; at least one.
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = match fields.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            several => format!("{} fields are not valid", several.len()),
        };
        Self { fields, ..Self::new(Kind::Invalid, detail) }
    }

    /// `what` is not there, or not for whoever asks.
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {what}"))
    }

    /// A mistake of ours, whose cause is for the log.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
    pub fn internal(cause: impl ToString) -> Self {
        let detail = "the log has the cause under this request's id, X-Request-Id";
        Self { cause: Some(cause.to_string()), ..Self::new(Kind::Internal, detail) }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.kind.describe().1
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = Some(error.to_string());
        match error {
            StoreError::Unavailable { .. } => {
                let detail = "the database cannot be reached; try again in a moment";
                Self { cause, ..Self::new(Kind::Unavailable, detail) }
            }
            StoreError::Constraint { .. } => {
                let detail =
                    "it contradicts what is there, or somebody changed it at the same moment";
                Self { cause, ..Self::new(Kind::Conflict, detail) }
            }
            other => Self::internal(other),
        }
    }
}

impl From<trunkline_migrate::Error> for Problem {
    fn from(error: trunkline_migrate::Error) -> Self {
        use trunkline_migrate::Error::{ConnectionLost, Unreachable};
        if matches!(error, Unreachable { .. } | ConnectionLost { .. }) {
            let detail = "the database cannot be reached; try again in a moment";
            return Self { cause: Some(error.to_string()), ..Self::new(Kind::Unavailable, detail) };
        }
        Self::internal(error)
    }
}

impl Kind {
    /// When to try again, where that helps: the value of the header.
    pub(crate) fn retry_after(self) -> Option<HeaderValue> {
        match self {
            Self::TooManyRequests(seconds) => Some(seconds.into()),
            Self::Unavailable | Self::TimedOut => Some(HeaderValue::from_static("5")),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (slug, status, title) = self.kind.describe();
        let document = ProblemDocument {
            r#type: format!("/problems/{slug}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            errors: self.fields,
        };
        let mut response = (status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(self.kind, Kind::Unauthenticated) {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.kind.retry_after() {
            headers.insert(RETRY_AFTER, wait);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Kind;

    #[test]
    fn every_kind_has_a_type_of_its_own() {
        let slugs: HashSet<_> = Kind::ALL.iter().map(|kind| kind.describe().0).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.describe().1.as_u16() >= 400));
    }
}
