use std::sync::Arc;

use tracing::{error, info, warn};
use trunkline_core::configuration::AtStart;
use trunkline_migrate::{Event, Migrator, Observer, Policy};
use trunkline_server::{Progress, State};

use crate::failure::Failure;

/// Brings the database up to date, or says why it is not.
pub(super) async fn ensure_current(at_start: AtStart, state: &State) -> Result<(), Failure> {
    let policy = match at_start {
        AtStart::Apply => Policy::Apply,
        AtStart::Wait => Policy::Wait,
        AtStart::Check => Policy::Check,
        AtStart::Off => Policy::Off,
    };
    let observer = Arc::new(Watcher(state.progress.clone()));
    let report = state.migrator.ensure_current(policy, observer).await?;
    if !report.applied.is_empty() {
        info!(applied = report.applied.len(), "the database is up to date");
    }
    Ok(())
}

/// Tells the log and the readiness probe what a run does.
struct Watcher(Progress);

impl Observer for Watcher {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Started { migration, .. } => {
                self.0.set(Some(format!("applying migration {migration}")));
            }
            Event::Finished { migration, elapsed, .. } => {
                let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                info!(%migration, milliseconds, "applied");
            }
            Event::Adopted { migration } => {
                info!(%migration, "applied by the platform's own runner before");
            }
            Event::Notice { severity, message, .. } => info!(severity, message, "PostgreSQL says"),
            Event::WaitingForRunner { runner, waited } => {
                let words = format!("waiting for {} to migrate", runner.application);
                info!(seconds = waited.as_secs(), "{words}");
                self.0.set(Some(words));
            }
            Event::WaitingForLock { blockers } => {
                warn!(blockers = blockers.len(), "a migration waits for a lock");
            }
            Event::Retrying { migration, attempt, .. } => {
                warn!(%migration, attempt, "a table is busy; tried again");
            }
            _ => {}
        }
    }
}

/// Compares the database with what the migrations make, and tells the log; the service goes on.
pub(super) async fn verify(migrator: Arc<Migrator>) {
    match migrator.verify(Some(trunkline_store::CATALOG)).await {
        Ok(checks) => {
            let differing = checks.iter().filter(|check| check.result.is_error());
            for check in differing.clone() {
                warn!(object = %check.object, "not what the migrations make");
            }
            match differing.count() {
                0 => info!(checks = checks.len(), "the database is what the migrations make"),
                differences => error!(
                    differences,
                    "the database differs from what the migrations make: trunkline migrate verify"
                ),
            }
        }
        Err(error) => warn!(%error, "the database could not be verified"),
    }
}
