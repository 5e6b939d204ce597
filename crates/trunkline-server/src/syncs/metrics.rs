use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use trunkline_core::Provider;
use trunkline_core::syncs::SyncState;
use trunkline_store::outages::list_open_outages;
use trunkline_store::syncs::{NewFinding, SyncRun, count_queued_syncs};
use trunkline_store::{Executor, StoreError};

/// What is counted of syncs.
#[derive(Debug, Default)]
pub(crate) struct SyncMetrics {
    ended: Family<EndLabels, Counter>,
    findings: Family<FindingLabels, Counter>,
    queued: Gauge,
    outage: Family<ProviderLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    provider: &'static str,
    kind: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    provider: &'static str,
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: &'static str,
}

impl SyncMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Syncs that came to their end, well or not";
        registry.register("syncs_ended", help, metrics.ended.clone());
        let help = "Differences that syncs found, by what was done about them";
        registry.register("sync_findings", help, metrics.findings.clone());
        let help = "Syncs that wait for their turn, or to be tried again";
        registry.register("syncs_queued", help, metrics.queued.clone());
        let help = "Whether a provider does not answer, so that its syncs pause";
        registry.register("provider_outage", help, metrics.outage.clone());
        metrics
    }

    pub(super) fn ended(&self, run: &SyncRun, state: SyncState) {
        let (provider, kind) = (run.provider.as_str(), run.kind.as_str());
        let labels = EndLabels { provider, kind, state: state.as_str() };
        self.ended.get_or_create(&labels).inc();
    }

    pub(super) fn found(&self, provider: Provider, findings: &[NewFinding]) {
        for finding in findings {
            let (kind, outcome) = (finding.kind.as_str(), finding.outcome.as_str());
            let labels = FindingLabels { provider: provider.as_str(), kind, outcome };
            self.findings.get_or_create(&labels).inc();
        }
    }

    /// How the queue and the providers stand.
    pub(super) async fn stand(&self, executor: Executor<'_>) -> Result<(), StoreError> {
        self.queued.set(count_queued_syncs(executor).await?);
        let outages = list_open_outages(executor).await?;
        for provider in Provider::ALL {
            let is_out = outages.iter().any(|outage| outage.provider == *provider);
            let labels = ProviderLabels { provider: provider.as_str() };
            self.outage.get_or_create(&labels).set(is_out.into());
        }
        Ok(())
    }
}
