use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use trunkline_core::Provider;

use crate::Problem;

/// What is counted of requests that are passed on; of no request is more kept.
#[derive(Default)]
pub(crate) struct PassThroughMetrics {
    requests: Family<Labels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    provider: &'static str,
    /// `provider`: it answered; `trunkline`: we did in its place.
    answered_by: &'static str,
    status: u16,
}

impl PassThroughMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Requests to be passed on to providers, by who answered and how";
        registry.register("pass_through_requests", help, metrics.requests.clone());
        metrics
    }

    pub(super) fn count(&self, provider: Provider, passed: &Result<Response, Problem>) {
        let (answered_by, status) = match passed {
            Ok(response) => ("provider", response.status()),
            Err(problem) => ("trunkline", problem.status()),
        };
        let labels = Labels { provider: provider.as_str(), answered_by, status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
    }
}
