use clap::Args;
use trunkline_migrate::{ExitStatus, RepairRequest};

use super::Session;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Accept only these changed files; without names, all of them
    names: Vec<String>,
    /// Take this migration out of the ledger without running anything
    #[arg(long, value_name = "NAME")]
    forget: Vec<String>,
}

pub(super) async fn run(session: Session<'_>, arguments: Arguments) -> Result<ExitStatus, Failure> {
    let request = RepairRequest { names: arguments.names, forget: arguments.forget };
    let report = session.migrator.repair(&request, session.observer()).await?;
    let printer = session.printer;
    printer.document(&report);
    let acts = [
        ("accepted as it is now", &report.accepted),
        ("written into the platform's ledger", &report.told_platform),
        ("taken out of the ledger", &report.forgotten),
    ];
    for (act, names) in acts {
        for name in names {
            printer.line(format_args!("  {name}  {act}"));
        }
    }
    if acts.iter().all(|(_, names)| names.is_empty()) {
        printer.line("Nothing to repair: the ledger agrees with the files.");
    }
    Ok(ExitStatus::Done)
}
