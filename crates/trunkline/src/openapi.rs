//! `trunkline openapi`: the document of the REST API, as the service serves it.

use std::path::PathBuf;

use clap::Args;
use trunkline_migrate::ExitStatus;

use crate::failure::Failure;
use crate::output::Printer;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, printer: &Printer) -> Result<ExitStatus, Failure> {
    let text = trunkline_server::api::document_text();
    let Some(path) = &arguments.output else {
        printer.document(&trunkline_server::api::document());
        printer.line(text.trim_end());
        return Ok(ExitStatus::Done);
    };
    std::fs::write(path, &text).map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::failed(message, "choose another file: --output")
    })?;
    printer.document(&serde_json::json!({ "file": path }));
    printer.line(format_args!("Written: {}.", path.display()));
    Ok(ExitStatus::Done)
}
