use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tracing::warn;
use trunkline_migrate::Interrupt;
use trunkline_server::State;

use super::migrations;

/// What the service does beside answering.
pub(super) struct Jobs {
    /// What works on webhooks and on jobs: it finishes what it has begun, or hands it on.
    working: JoinHandle<()>,
    /// What may end at any moment.
    others: JoinSet<()>,
}

impl Jobs {
    pub(super) fn start(state: &State, stop: &Interrupt) -> Self {
        let stopping = || {
            let stop = stop.clone();
            async move { stop.requested().await }
        };
        let webhooks = trunkline_server::work(state.clone(), stopping());
        let jobs = trunkline_server::jobs::work(state.clone(), stopping());
        let mut others = JoinSet::new();
        others.spawn(migrations::verify(Arc::clone(&state.migrator)));
        let working = tokio::spawn(async move {
            tokio::join!(webhooks, jobs);
        });
        Self { working, others }
    }

    /// Waits for what was begun, within the limit.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.others.abort_all();
        if tokio::time::timeout(limit, self.working).await.is_err() {
            warn!("stopped; what was being worked on is worked on again");
        }
    }
}
