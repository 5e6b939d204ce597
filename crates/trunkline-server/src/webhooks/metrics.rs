use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use trunkline_core::events::Source;
use trunkline_store::events::Outcome;
use trunkline_store::webhooks::WebhookCounts;

/// What is counted of webhooks.
#[derive(Debug, Default)]
pub(crate) struct WebhookMetrics {
    answered: Family<SourceLabels, Counter>,
    refused: Family<RefusalLabels, Counter>,
    duplicates: Counter,
    groups: Counter,
    events: Family<OutcomeLabels, Counter>,
    buried: Counter,
    waiting: Gauge,
    oldest: Gauge,
    dead_letters: Gauge,
    quarantined: Gauge,
    /// How the inbox stood when it was last counted.
    standing: Mutex<Option<WebhookCounts>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    source: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl WebhookMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Webhooks that were verified, committed and answered";
        registry.register("webhooks_received", help, metrics.answered.clone());
        let help = "Webhooks that were refused, of which nothing is kept";
        registry.register("webhooks_refused", help, metrics.refused.clone());
        let help = "Webhooks that had been stored before";
        registry.register("webhooks_duplicates", help, metrics.duplicates.clone());
        let help = "Commits in which webhooks were stored, each of a group";
        registry.register("webhook_commits", help, metrics.groups.clone());
        metrics.register_work(registry);
        metrics
    }

    fn register_work(&self, registry: &mut Registry) {
        let help = "Events that were read from webhooks, by what became of them";
        registry.register("webhook_events", help, self.events.clone());
        let help = "Webhooks that became dead letters";
        registry.register("webhooks_buried", help, self.buried.clone());
        let help = "Webhooks that wait to be worked on";
        registry.register("webhooks_waiting", help, self.waiting.clone());
        let help = "How long ago the oldest webhook came that waits to be worked on";
        registry.register_with_unit("webhooks_oldest", help, Unit::Seconds, self.oldest.clone());
        let help = "Dead letters";
        registry.register("webhook_dead_letters", help, self.dead_letters.clone());
        let help = "Webhooks that wait for a client or channel";
        registry.register("webhooks_quarantined", help, self.quarantined.clone());
    }

    pub(super) fn answered(&self, source: Source) {
        self.answered.get_or_create(&SourceLabels { source: source.as_str() }).inc();
    }

    pub(super) fn refused(&self, source: Source, reason: &'static str) {
        let labels = RefusalLabels { source: source.as_str(), reason };
        self.refused.get_or_create(&labels).inc();
    }

    /// A group was committed, of which so many were new.
    pub(super) fn stored(&self, group: usize, new: usize) {
        self.groups.inc();
        self.duplicates.inc_by(u64::try_from(group.saturating_sub(new)).unwrap_or_default());
    }

    /// A batch was worked on.
    pub(super) fn worked(&self, outcomes: &[Outcome], buried: usize) {
        for outcome in outcomes {
            self.events.get_or_create(&OutcomeLabels { outcome: outcome.as_str() }).inc();
        }
        self.buried.inc_by(u64::try_from(buried).unwrap_or_default());
    }

    /// How the inbox stands.
    pub(super) fn stand(&self, counts: &WebhookCounts, now: Timestamp) {
        self.waiting.set(counts.waiting);
        let age = counts.oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs());
        self.oldest.set(age.max(0));
        self.dead_letters.set(counts.dead_letters);
        self.quarantined.set(counts.quarantined);
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(*counts);
    }

    /// How the inbox stood a few seconds ago; `None`: it was not counted yet.
    pub(crate) fn standing(&self) -> Option<WebhookCounts> {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
