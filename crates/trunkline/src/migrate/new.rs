use clap::Args;
use trunkline_migrate::source::Source;
use trunkline_migrate::{ExitStatus, new_migration};

use super::Common;
use crate::failure::Failure;
use crate::output::Printer;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What the migration does, in a few words
    name: String,
}

pub(super) fn run(
    common: &Common,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    // The first migration of a folder is made in an empty one.
    let source = match &common.source {
        Some(folder) => Source::directory(folder)?,
        None => common.source()?,
    };
    let files = new_migration(&source, &arguments.name)?;
    printer.document(&serde_json::json!({ "written": files }));
    for file in &files {
        printer.line(format_args!("wrote {}", file.display()));
    }
    printer.line("Write the statements of both: `up` refuses a file that holds only comments.");
    Ok(ExitStatus::Done)
}
