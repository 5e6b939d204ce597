use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use trunkline_store::find_last_migration_run;

use crate::State;
use crate::problem::Problem;

/// What no run tells of: a change by hand, the platform's own ledger, or a migration that is at work.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(3);

/// What the migrator found a moment ago: it reads every file or the whole catalogue, on a connection of
/// its own, and a page that is loaded again and again shall not make the database do so each time.
pub(super) struct Recent<T>(Arc<Mutex<Option<Seen<T>>>>);

struct Seen<T> {
    what: Arc<T>,
    /// The last run in the history at that time.
    run: Option<i64>,
    until: Timestamp,
}

impl<T> Recent<T> {
    /// What `look` finds, or found a moment ago, unless a migration ran since.
    pub(super) async fn get(
        &self,
        state: &State,
        look: impl Future<Output = Result<T, trunkline_migrate::Error>>,
    ) -> Result<Arc<T>, Problem> {
        let now = state.clock.now();
        let connection = state.store.connection().await?;
        let run = find_last_migration_run(connection.executor()).await?;
        drop(connection);
        if let Some(what) = self.seen(run, now) {
            return Ok(what);
        }
        let what = Arc::new(look.await?);
        let seen = Seen { what: Arc::clone(&what), run, until: now + GOOD_FOR };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(what)
    }

    fn seen(&self, run: Option<i64>, now: Timestamp) -> Option<Arc<T>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.as_ref().filter(|seen| seen.run == run && now < seen.until)?;
        Some(Arc::clone(&seen.what))
    }
}

// Not derived: what was found need not have a default, nor be cloned.
impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
