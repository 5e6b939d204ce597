use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};
use trunkline_core::configuration::LogFormat;

use super::traces::Traces;
use crate::config::Config;
use crate::failure::Failure;

/// What is logged.
pub(crate) fn filter(config: &Config) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&config.log.filter).map_err(|error| {
        Failure::failed(
            format!("log.filter is not understood: {error}"),
            "give a level (error, warn, info, debug), or targets with levels: info,trunkline_store=debug",
        )
    })
}

/// Sends the log to standard error, for people or as JSON, and spans to a collector if there is one.
pub(super) fn start(config: &Config) -> Result<Traces, Failure> {
    let filter = filter(config)?;
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
    let json = match config.log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    let lines = if json {
        lines.json().flatten_event(true).with_span_list(false).with_current_span(false).boxed()
    } else {
        lines.with_target(false).compact().boxed()
    };
    let traces = Traces::new(&config.traces)?;
    registry().with(lines.with_filter(filter)).with(traces.layer()).init();
    Ok(traces)
}
