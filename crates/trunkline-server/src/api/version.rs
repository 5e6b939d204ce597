//! Versions of what is read and edited: `ETag`, `If-None-Match`, `If-Match` (RFC 9110, 13).
//!
//! The tag is two hashes of the representation, so that nothing need be stored for it: of what edits
//! change, which `If-Match` looks at, and of all of it, for `If-None-Match`. Reading:
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

/// What is read, and edited by version.
pub(crate) trait Versioned: Serialize {
    /// Fields that change without an edit, and so make none stale.
    const ASIDE: &'static [&'static str] = &[];
}

/// What an edit is compared by.
pub(crate) fn version<T: Versioned>(representation: &T) -> String {
    let mut value = serde_json::to_value(representation).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !T::ASIDE.contains(&name.as_str()));
    }
    hash(&value)
}

/// The strong tag of a representation, with its quotes.
pub(crate) fn etag(representation: &impl Versioned) -> String {
    format!("\"{}.{}\"", version(representation), hash(representation))
}

fn hash(representation: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(representation).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..16])
}

/// JSON with its `ETag`.
pub(crate) fn tagged(status: StatusCode, representation: &impl Versioned) -> Response {
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
    pub(crate) fn require(&self, current: &impl Versioned) -> Result<(), Problem> {
        if self.if_match.is_none() {
            let detail = "say which version you edit: If-Match with the ETag of GET";
            return Err(Problem::new(Kind::VersionRequired, detail));
        }
        self.check(current)
    }

    /// For a deletion: refuses if the client names another version than the one that stands there.
    pub(crate) fn check(&self, current: &impl Versioned) -> Result<(), Problem> {
        let Some(known) = &self.if_match else { return Ok(()) };
        let current = version(current);
        let is_current = |tag: &str| {
            let edited = tag.strip_prefix('"').and_then(|tag| tag.split_once('.'));
            edited.is_some_and(|(edited, _)| edited == current)
        };
        if tags(known).any(|tag| tag == "*" || is_current(tag)) {
            return Ok(());
        }
        let detail = "it is no longer as you read it: GET it again and repeat the change on that";
        Err(Problem::new(Kind::Stale, detail))
    }

    /// The representation, or 304 when the client has it already.
    pub(crate) fn answer(&self, current: &impl Versioned) -> Response {
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
    use serde_json::{Value, json};

    use super::{Preconditions, Versioned, etag};

    impl Versioned for Value {
        const ASIDE: &'static [&'static str] = &["used"];
    }

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
    fn what_changes_by_itself_makes_no_edit_stale_and_is_sent_again() {
        let (before, after) = (json!({ "a": 1, "used": 1 }), json!({ "a": 1, "used": 2 }));
        let tag = Some(etag(&before));
        let known = Preconditions { if_match: tag.clone(), if_none_match: tag };
        assert!(known.require(&after).is_ok());
        assert_eq!(known.answer(&after).status().as_u16(), 200);
        assert!(known.require(&json!({ "a": 2, "used": 1 })).is_err());
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
