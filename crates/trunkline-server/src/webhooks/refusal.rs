use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use trunkline_core::events::Source;
use trunkline_store::StoreError;

use super::Webhooks;
use crate::State;
use crate::problem::{Kind, Problem};

/// One line of the log in so long, however many are refused.
const PAUSE: Duration = Duration::from_secs(10);

/// Why a webhook is not taken. Nothing of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownAccount,
    NoSignature,
    WrongSignature,
    /// Of the handshake of Meta's.
    WrongToken,
    /// A secret of the account does not open, so that nobody can tell.
    Unreadable,
    TooLarge,
    CutOff,
    Full,
    Unavailable,
}

impl Refusal {
    /// The word in the metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::NoSignature => "no_signature",
            Self::WrongSignature => "wrong_signature",
            Self::WrongToken => "wrong_verify_token",
            Self::Unreadable => "unreadable_secret",
            Self::TooLarge => "too_large",
            Self::CutOff => "cut_off",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
        }
    }

    fn problem(self) -> Problem {
        match self {
            Self::UnknownAccount => Problem::not_found("partner account"),
            Self::NoSignature => Problem::new(
                Kind::Unauthenticated,
                "the signature is missing, or the account has no secret to compare it with",
            ),
            Self::WrongSignature => Problem::new(Kind::Unauthenticated, "the signature is wrong"),
            Self::WrongToken => Problem::new(Kind::Forbidden, "the verify token is wrong"),
            Self::Unreadable => Problem::new(
                Kind::Unavailable,
                "a secret of the account cannot be opened here; send it again",
            ),
            Self::TooLarge => Problem::new(Kind::TooLarge, "a webhook has 3 MB at most"),
            Self::CutOff => Problem::new(Kind::Malformed, "the body did not come to its end"),
            Self::Full => Problem::new(Kind::Unavailable, "too many webhooks wait; send it again"),
            Self::Unavailable => {
                Problem::new(Kind::Unavailable, "it could not be stored; send it again")
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a webhook was refused");
        Self::Unavailable
    }
}

/// What the log says of what is refused: now and then a line.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Sampled>);

#[derive(Debug, Default)]
struct Sampled {
    last: Option<Instant>,
    since: u64,
}

impl Webhooks {
    /// Counts what is refused, and answers.
    pub(super) fn refuse(&self, state: &State, source: Source, refusal: Refusal) -> Response {
        state.metrics.webhooks.refused(source, refusal.as_str());
        if let Some(refused) = self.refusals.sample() {
            tracing::warn!(%source, reason = refusal.as_str(), refused, "a webhook was refused");
        }
        refusal.problem().into_response()
    }
}

impl Refusals {
    /// How many were refused since the last line, if it is time for one.
    fn sample(&self) -> Option<u64> {
        let mut sampled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sampled.since += 1;
        if sampled.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return None;
        }
        sampled.last = Some(Instant::now());
        Some(std::mem::take(&mut sampled.since))
    }
}
