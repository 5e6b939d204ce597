use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use trunkline_migrate::Status;
use trunkline_store::find_last_migration_run;

use crate::State;
use crate::problem::Problem;

/// What no run tells of: the platform's own ledger, or a migration that is at work.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(3);

/// How the migrations stood when they were last looked at: to look reads every file and opens a connection.
#[derive(Clone, Default)]
pub(super) struct Standing(Arc<Mutex<Option<Seen>>>);

#[derive(Clone)]
struct Seen {
    status: Arc<Status>,
    /// The last run in the history at that time.
    run: Option<i64>,
    until: Timestamp,
}

impl Standing {
    /// How they stand: as a moment ago, unless one ran since.
    pub(super) async fn status(&self, state: &State) -> Result<Arc<Status>, Problem> {
        let now = state.clock.now();
        let connection = state.store.connection().await?;
        let run = find_last_migration_run(connection.executor()).await?;
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(seen) = seen.filter(|seen| seen.run == run && now < seen.until) {
            return Ok(seen.status);
        }
        let status = Arc::new(state.migrator.status().await?);
        let seen = Seen { status: Arc::clone(&status), run, until: now + GOOD_FOR };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(status)
    }
}
