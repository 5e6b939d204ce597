use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use trunkline_store::Store;

use crate::pass_through::PassThroughMetrics;
use crate::syncs::SyncMetrics;
use crate::webhooks::WebhookMetrics;

/// What is counted; one name carries its unit.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram>,
    connections: Gauge,
    idle_connections: Gauge,
    pub(crate) webhooks: WebhookMetrics,
    pub(crate) syncs: SyncMetrics,
    pub(crate) pass_through: PassThroughMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: String,
    route: String,
}

/// From a millisecond to ten seconds.
const BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5, 10.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("trunkline");
        let requests = Family::default();
        let request_seconds =
            Family::<RouteLabels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (connections, idle_connections) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took",
            Unit::Seconds,
            request_seconds.clone(),
        );
        let help = "Connections to the database";
        registry.register("database_connections", help, connections.clone());
        let help = "Connections to the database that nobody uses";
        registry.register("database_idle_connections", help, idle_connections.clone());
        let webhooks = WebhookMetrics::new(&mut registry);
        let syncs = SyncMetrics::new(&mut registry);
        let pass_through = PassThroughMetrics::new(&mut registry);
        Self {
            registry,
            requests,
            request_seconds,
            connections,
            idle_connections,
            webhooks,
            syncs,
            pass_through,
        }
    }
}

impl Metrics {
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Whatever else a client may send as a method must not become a label.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.to_owned(),
            _ => "other".to_owned(),
        };
        let route = route.to_owned();
        let labels = RequestLabels { method: method.clone(), route: route.clone(), status };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds
            .get_or_create(&RouteLabels { method, route })
            .observe(took.as_secs_f64());
    }

    fn render(&self, store: &Store) -> Result<String, std::fmt::Error> {
        let (all, idle) = store.connections();
        self.connections.set(i64::try_from(all).unwrap_or(i64::MAX));
        self.idle_connections.set(i64::try_from(idle).unwrap_or(i64::MAX));
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

/// `/metrics`, for a listener of its own.
pub fn metrics_router(metrics: Arc<Metrics>, store: Store) -> Router {
    let page = async |Extract((metrics, store)): Extract<(Arc<Metrics>, Store)>| {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        metrics
            .render(&store)
            .map(|page| ([(CONTENT_TYPE, kind)], page))
            .map_err(|error| crate::Problem::internal(error).into_response())
    };
    Router::new().route("/metrics", get(page)).with_state((metrics, store))
}
