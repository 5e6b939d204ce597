use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tracing::warn;
use trunkline_migrate::Interrupt;
use trunkline_server::State;

use super::migrations;

/// What the service does beside answering.
pub(super) struct Jobs {
    /// What works on webhooks and on jobs and tells of alerts: it finishes what it has begun, or hands it on.
    working: JoinHandle<()>,
    /// What works on the import: it finishes the batch at hand.
    importing: JoinHandle<()>,
    /// What may end at any moment.
    others: JoinSet<()>,
}

impl Jobs {
    pub(super) fn start(state: &State, stop: &Interrupt) -> Self {
        let stopped = || {
            let stop = stop.clone();
            async move { stop.requested().await }
        };
        let importing = trunkline_server::keep_importing(state.clone(), stop.clone());
        let webhooks = trunkline_server::work(state.clone(), stopped());
        let telling = trunkline_server::deliver_alerts(state.clone(), stopped());
        let jobs = trunkline_server::jobs::work(state.clone(), stopped());
        let mut others = JoinSet::new();
        others.spawn(migrations::verify(Arc::clone(&state.migrator)));
        let working = tokio::spawn(async move {
            tokio::join!(webhooks, telling, jobs);
        });
        Self { working, importing: tokio::spawn(importing), others }
    }

    /// Waits for what was begun, within the limit.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.others.abort_all();
        let (working, importing) = tokio::join!(
            tokio::time::timeout(limit, self.working),
            tokio::time::timeout(limit, self.importing)
        );
        if working.is_err() {
            warn!("stopped; what was being worked on is taken up again");
        }
        if importing.is_err() {
            warn!("stopped; the next process goes on with the import in half a minute");
        }
    }
}
