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
    let folder = common.source.as_ref().ok_or_else(|| {
        Failure::usage(
            "a new migration needs a folder",
            "say which: trunkline migrate --source DIR new NAME",
        )
    })?;
    let source = Source::directory(folder)?;
    let files = new_migration(&source, &arguments.name)?;
    printer.document(&serde_json::json!({ "written": files }));
    for file in &files {
        printer.line(format_args!("wrote {}", file.display()));
    }
    printer.line("Write the statements of both: `up` refuses a file that holds only comments.");
    Ok(ExitStatus::Done)
}
