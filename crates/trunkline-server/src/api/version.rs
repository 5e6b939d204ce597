//! Versions of what is read and edited: `ETag`, `If-None-Match`, `If-Match` (RFC 9110, 13).
//!
//! The tag is a hash of the representation, so that nothing need be stored for it. Reading:
//!
//! ```text
//! async fn get_thing(preconditions: Preconditions, …) -> Result<Response, Problem> {
//!     Ok(preconditions.answer(&Thing::from(row)))
//! }
//! ```
//!
//! Editing: the row is locked (`SELECT … FOR UPDATE`) before its version is compared, in the
//! transaction that changes it; otherwise two edits could both pass.
//!
//! ```text
//! let before = get_thing_for_update(transaction.executor(), id).await?;
//! preconditions.require(&Thing::from(before))?;
//! …
//! Ok(tagged(StatusCode::OK, &Thing::from(after)))
//! ```

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

/// The strong tag of a representation, with its quotes.
pub(crate) fn etag(representation: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(representation).unwrap_or_default();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..16]))
}

/// JSON with its `ETag`.
pub(crate) fn tagged(status: StatusCode, representation: &impl Serialize) -> Response {
    let mut response = (status, Json(representation)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&etag(representation)) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Which versions the client knows.
#[derive(Debug, Default)]
pub(crate) struct Preconditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self {
            if_match: header(&parts.headers, &IF_MATCH),
            if_none_match: header(&parts.headers, &IF_NONE_MATCH),
        })
    }
}

/// A header that may come several times, as one list; what is no text matches nothing.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let values: Vec<&str> = values.collect();
    (!values.is_empty()).then(|| values.join(","))
}

impl Preconditions {
    /// For an edit: refuses unless the client names the version that stands there (`*`: whichever).
    pub(crate) fn require(&self, current: &impl Serialize) -> Result<(), Problem> {
        if self.if_match.is_none() {
            let detail = "say which version you edit: If-Match with the ETag of GET";
            return Err(Problem::new(Kind::VersionRequired, detail));
        }
        self.check(current)
    }

    /// For a deletion: refuses if the client names another version than the one that stands there.
    pub(crate) fn check(&self, current: &impl Serialize) -> Result<(), Problem> {
        let Some(known) = &self.if_match else { return Ok(()) };
        let current = etag(current);
        if tags(known).any(|tag| tag == "*" || tag == current) {
            return Ok(());
        }
        let detail = "it is no longer as you read it: GET it again and repeat the change on that";
        Err(Problem::new(Kind::Stale, detail))
    }

    /// The representation, or 304 when the client has it already.
    pub(crate) fn answer(&self, current: &impl Serialize) -> Response {
        let tag = etag(current);
        let is_known = self.if_none_match.as_deref().is_some_and(|known| {
            tags(known).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        });
        if is_known {
            return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
        }
        tagged(StatusCode::OK, current)
    }
}

fn tags(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Preconditions, etag};

    #[test]
    fn only_the_version_that_stands_there_may_be_edited() {
        let thing = json!({ "name": "a" });
        let knows =
            |tag: &str| Preconditions { if_match: Some(tag.to_owned()), if_none_match: None };
        let status = |known: Preconditions| known.require(&thing).map_err(|p| p.status().as_u16());
        assert_eq!(status(Preconditions::default()), Err(428));
        assert_eq!(status(knows(&etag(&json!({ "name": "b" })))), Err(412));
        assert_eq!(status(knows(&format!("W/{}", etag(&thing)))), Err(412));
        assert_eq!(status(knows(&format!("\"old\", {}", etag(&thing)))), Ok(()));
        assert_eq!(status(knows("*")), Ok(()));
        assert!(Preconditions::default().check(&thing).is_ok());
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let thing = json!({ "name": "a" });
        let status = |known: &str| {
            let known = Preconditions { if_none_match: Some(known.to_owned()), if_match: None };
            known.answer(&thing).status().as_u16()
        };
        assert_eq!(status(&etag(&thing)), 304);
        assert_eq!(status(&format!("W/{}", etag(&thing))), 304);
        assert_eq!(status("\"other\""), 200);
    }
}
