use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use trunkline_store::api_keys::ApiKey;
use trunkline_store::sessions::ActiveSession;

/// For so long a key or a session is not looked for again.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(3);
/// Above so many, all are forgotten.
const CROWDED: usize = 10_000;

/// Keys and sessions that were found a moment ago, so that not each request looks for them.
///
/// Whatever a request to this process may have changed is forgotten at once; what another process changed
/// (another replica, the command line) is seen after three seconds.
#[derive(Debug, Clone, Default)]
pub struct KnownCallers {
    pub(super) keys: Known<ApiKey>,
    pub(super) sessions: Known<ActiveSession>,
}

impl KnownCallers {
    /// Forgets everyone when what this gives is dropped, also where a request is broken off.
    pub(crate) fn forget_later(&self) -> Forgetting {
        Forgetting(self.clone())
    }
}

/// See [`KnownCallers::forget_later`].
pub(crate) struct Forgetting(KnownCallers);

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.keys.forget();
        self.0.sessions.forget();
    }
}

/// What was found by the hashes of tokens.
#[derive(Debug, Clone)]
pub(super) struct Known<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    /// Counts how often everything was forgotten: what was looked for before and found after is of no use.
    generation: AtomicU64,
    found: Mutex<HashMap<Vec<u8>, Found<T>>>,
}

#[derive(Debug)]
struct Found<T> {
    value: T,
    until: Timestamp,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Arc::new(Inner { generation: AtomicU64::default(), found: Mutex::default() }))
    }
}

impl<T: Clone> Known<T> {
    /// What was found a moment ago.
    pub(super) fn get(&self, hash: &[u8], now: Timestamp) -> Option<T> {
        let found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(hash).filter(|found| now < found.until).map(|found| found.value.clone())
    }

    /// To be asked before looking, and to be given to [`Self::put`].
    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::SeqCst)
    }

    /// Keeps what was looked for since `generation`.
    pub(super) fn put(&self, hash: &[u8], value: &T, generation: u64, now: Timestamp) {
        let mut found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock under which it is counted on.
        if generation != self.generation() {
            return;
        }
        if found.len() >= CROWDED {
            found.clear();
        }
        found.insert(hash.to_owned(), Found { value: value.clone(), until: now + GOOD_FOR });
    }
}

impl<T> Known<T> {
    fn forget(&self) {
        let mut found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        found.clear();
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Known;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn what_was_found_is_known_for_three_seconds() {
        let known = Known::default();
        known.put(b"hash", &7, known.generation(), NOW);
        let after = |seconds| known.get(b"hash", NOW + SignedDuration::from_secs(seconds));
        assert_eq!((after(0), after(2), after(3)), (Some(7), Some(7), None));
        assert_eq!(known.get(b"other", NOW), None);
    }

    #[test]
    fn what_was_looked_for_before_a_change_is_not_kept_after_it() {
        let known = Known::default();
        let generation = known.generation();
        known.put(b"known", &7, generation, NOW);
        known.forget();
        known.put(b"late", &7, generation, NOW);
        assert_eq!((known.get(b"known", NOW), known.get(b"late", NOW)), (None, None));
    }
}
