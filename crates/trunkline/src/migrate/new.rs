use clap::Args;
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
    let files = new_migration(&common.source()?, &arguments.name)?;
    printer.document(&serde_json::json!({ "written": files }));
    for file in &files {
        printer.line(format_args!("wrote {}", file.display()));
    }
    Ok(ExitStatus::Done)
}
