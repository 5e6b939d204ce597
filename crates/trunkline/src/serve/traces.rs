use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;
use trunkline_core::configuration;

use crate::failure::Failure;

/// Spans on their way to a collector, where one is configured.
pub(super) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends in the background, by a thread of its own; a collector that is away costs spans alone.
    pub(super) fn new(configured: &configuration::Traces) -> Result<Self, Failure> {
        let Some(endpoint) = &configured.otlp_endpoint else { return Ok(Self(None)) };
        // The exporter's client takes the process's; there is no other user of it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_endpoint(address).build();
        let exporter = exporter.map_err(|error| {
            Failure::failed(
                format!("traces.otlp_endpoint cannot be used: {error}"),
                "give the address of a collector that takes OTLP over HTTP: http://127.0.0.1:4318",
            )
        })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("trunkline").build())
            .build();
        Ok(Self(Some(provider)))
    }

    /// What hears the spans of our own crates.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let tracer = self.0.as_ref()?.tracer("trunkline");
        let ours = ["trunkline", "trunkline_server", "trunkline_store", "trunkline_providers"];
        let ours = Targets::new().with_targets(ours.map(|target| (target, LevelFilter::DEBUG)));
        Some(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours))
    }

    /// Sends what has not been sent.
    pub(super) async fn flush(self) {
        let Some(provider) = self.0 else { return };
        // It waits for the thread that sends, and must not hold up one of ours meanwhile.
        let _ = tokio::task::spawn_blocking(move || provider.shutdown()).await;
    }
}
