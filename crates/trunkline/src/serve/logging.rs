use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};
use trunkline_core::configuration::{Log, LogFormat};

use crate::failure::Failure;

/// Sends the log to standard error, for people or as JSON.
pub(super) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        Failure::failed(
            format!("log.filter is not understood: {error}"),
            "give a level (error, warn, info, debug), or targets with levels: info,trunkline_store=debug",
        )
    })?;
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    if json {
        lines.json().flatten_event(true).with_span_list(false).with_current_span(false).init();
    } else {
        lines.with_target(false).compact().init();
    }
    Ok(())
}
