use clap::Args;
use trunkline_migrate::ExitStatus;

use super::Session;
use crate::failure::Failure;
use crate::output::{GOOD, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these; without names, all that are pending
    names: Vec<String>,
}

pub(super) async fn run(session: Session<'_>, arguments: Arguments) -> Result<ExitStatus, Failure> {
    let catalog = session.common.catalog();
    let report = session.migrator.adopt(&arguments.names, catalog, session.observer()).await?;
    session.printer.document(&report);
    for name in &report.adopted {
        session.printer.line(format_args!("  = {name}"));
    }
    session.printer.line(if report.adopted.is_empty() {
        "Nothing to adopt: every migration is recorded.".to_owned()
    } else {
        let migrations = count(report.adopted.len(), "migration");
        format!("{GOOD}Done:{GOOD:#} recorded {migrations} as applied; nothing was run.")
    });
    Ok(ExitStatus::Done)
}
