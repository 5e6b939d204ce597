use clap::Args;
use trunkline_migrate::{ExitStatus, UpReport, UpRequest};

use super::Session;
use crate::failure::Failure;
use crate::output::{GOOD, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these, by name or by the start of the name
    #[arg(conflicts_with = "to")]
    names: Vec<String>,
    /// Up to and with this one
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// All in one transaction: every migration, or none
    #[arg(long)]
    atomic: bool,
}

pub(super) async fn run(session: Session<'_>, arguments: Arguments) -> Result<ExitStatus, Failure> {
    let printer = session.printer;
    let request = UpRequest { names: arguments.names, to: arguments.to, atomic: arguments.atomic };
    let report = session.migrator.up(&request, session.observer()).await?;
    printer.line(summary(&report));
    printer.document(&report);
    Ok(ExitStatus::Done)
}

fn summary(report: &UpReport) -> String {
    if report.done_by_another {
        return "Another runner applied everything while this one waited.".to_owned();
    }
    if report.applied.is_empty() && report.adopted.is_empty() {
        return "Nothing to do: every migration is applied.".to_owned();
    }
    let mut parts = Vec::new();
    if !report.applied.is_empty() {
        parts.push(format!("applied {}", count(report.applied.len(), "migration")));
    }
    if !report.adopted.is_empty() {
        parts.push(format!("recorded {} of the platform's own runner", report.adopted.len()));
    }
    format!("{GOOD}Done:{GOOD:#} {}.", parts.join(", "))
}
