use jiff::{SignedDuration, Timestamp};
use trunkline_providers::error::{Failure, Kind, ProviderError};
use trunkline_store::StoreError;
use trunkline_store::syncs::SyncError;

use crate::problem::Problem;

/// Why a sync does not go on.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The provider, for the whole account.
    Provider(ProviderError),
    /// The provider, for one client or channel alone: the rest goes on.
    OfOne(ProviderError),
    /// The database.
    Store(StoreError),
    /// A mistake of ours, or a credential that the account has not.
    Ours(Problem),
    /// Another worker has the run now.
    Lost,
}

impl Trouble {
    /// An error about one client or channel: what passes, or is of the whole account, stays that.
    pub(super) fn of_one(error: ProviderError) -> Self {
        match error.kind {
            Kind::Transient | Kind::Throttled { .. } => Self::Provider(error),
            _ => Self::OfOne(error),
        }
    }
}

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            Kind::Permission | Kind::NotFound | Kind::Invalid => Self::OfOne(error),
            _ => Self::Provider(error),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Ours(problem)
    }
}

/// What becomes of a sync that did not come to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sequel {
    /// It is tried again then.
    Again(Timestamp),
    /// It is not.
    Over,
}

/// What is to be done about an error of a provider, and when it is tried again.
pub(super) fn judge(error: &ProviderError, attempts: i32, now: Timestamp) -> (SyncError, Sequel) {
    let later = |wait: SignedDuration| now.saturating_add(wait).unwrap_or(now);
    let (kind, hint, sequel) = match error.kind {
        Kind::Authentication => (
            "authentication",
            "replace the credential of the partner account, check it there, and sync again",
            Sequel::Over,
        ),
        Kind::Permission => (
            "permission",
            "give the credential of the partner account the permissions that its check lists, and sync again",
            Sequel::Over,
        ),
        Kind::Invalid | Kind::NotFound => (
            if error.kind == Kind::Invalid { "invalid" } else { "not_found" },
            "check the partner account: its id, its base URL and its Graph version",
            Sequel::Over,
        ),
        Kind::Throttled { until } => (
            "throttled",
            "nothing: it goes on by itself when the provider takes calls again",
            Sequel::Again(until.max(later(SignedDuration::from_secs(30)))),
        ),
        Kind::Transient => (
            "transient",
            "nothing: it is tried again by itself; if it lasts, look at the provider's own status page",
            Sequel::Again(later(pause(attempts))),
        ),
    };
    (SyncError { kind: kind.to_owned(), message: error.to_string(), hint: hint.to_owned() }, sequel)
}

/// Whether the provider did not answer, rather than refuse.
pub(super) fn is_silence(error: &ProviderError) -> bool {
    error.kind == Kind::Transient && error.failure != Failure::Budget
}

/// A minute, then twice as long each time, up to half an hour.
pub(super) fn pause(attempts: i32) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(10);
    SignedDuration::from_mins(2_i64.pow(doublings).min(30))
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_double_up_to_half_an_hour() {
        let minutes = [0, 1, 2, 3, 6, 7, 2000].map(|attempts| pause(attempts).as_mins());
        assert_eq!(minutes, [1, 1, 2, 4, 30, 30, 30]);
    }
}
