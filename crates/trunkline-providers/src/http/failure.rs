//! What went wrong when there is no answer.

use std::{error::Error, io};

use crate::{error::Failure, guard::Refusal, http::passing::Stopped};

/// There is no answer that could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Unanswered {
    /// How far the call came.
    pub failure: Failure,
    /// The HTTP status, when that much of an answer came.
    pub status: Option<u16>,
    /// What happened, without URLs and secrets.
    pub words: String,
}

impl Unanswered {
    pub(super) fn new(failure: Failure, words: impl Into<String>) -> Self {
        Self { failure, status: None, words: words.into() }
    }

    pub(super) fn too_late() -> Self {
        Self::new(Failure::Timeout, "no complete answer in time")
    }
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        let failure = match refusal {
            Refusal::Unresolved { .. } => Failure::Name,
            _ => Failure::Refused,
        };
        Self::new(failure, refusal.to_string())
    }
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        // The URL may hold a secret in its query.
        let error = error.without_url();
        if let Some(refusal) = cause::<Refusal>(&error) {
            return refusal.clone().into();
        }
        match cause::<Stopped>(&error) {
            Some(Stopped::TooLong { .. }) => return Self::new(Failure::TooLarge, deepest(&error)),
            Some(Stopped::TooSlow | Stopped::BrokeOff) => {
                return Self::new(Failure::Interrupted, deepest(&error));
            }
            None => {}
        }
        if error.is_timeout() {
            return Self::too_late();
        }
        // Later on an alert says nothing of what the peer did with the request.
        if let Some(tls) = cause::<rustls::Error>(&error).filter(|_| error.is_connect()) {
            return Self::new(Failure::Tls, tls.to_string());
        }
        let failure = if error.is_connect() { Failure::Connection } else { Failure::Interrupted };
        Self::new(failure, deepest(&error))
    }
}

/// The first cause of a type. An `io::Error` hides the error that it carries from `source`.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = carried.map(|error| error as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// The innermost cause: the layers above it only say that a request failed.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
