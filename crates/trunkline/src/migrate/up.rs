use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use trunkline_migrate::{ExitStatus, UpReport, UpRequest};
use trunkline_store::backup::Extent;

use super::Session;
use crate::backup::{self, Making};
use crate::config::Config;
use crate::connection::cluster_options;
use crate::failure::Failure;
use crate::global::Global;
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
    /// Make a backup in this folder before the first change; none where nothing is pending
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,
    /// Back up everything in the database, as --source always does
    #[arg(long, requires = "backup")]
    whole_database: bool,
}

pub(super) async fn run(
    session: Session<'_>,
    global: &Global,
    arguments: Arguments,
) -> Result<ExitStatus, Failure> {
    let printer = session.printer;
    let request = UpRequest { names: arguments.names, to: arguments.to, atomic: arguments.atomic };
    let mut backup = None;
    if let Some(directory) = &arguments.backup
        && !session.migrator.list_pending(&request).await?.is_empty()
    {
        backup = back_up(session, global, directory, arguments.whole_database).await?;
    }
    let report = session.migrator.up(&request, session.observer()).await?;
    printer.line(summary(&report));
    printer.document(&Document { report: &report, backup });
    Ok(ExitStatus::Done)
}

/// The report of the engine, and what was made before.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a UpReport,
    backup: Option<PathBuf>,
}

/// Only the embedded set keeps to the tables of ours.
async fn back_up(
    session: Session<'_>,
    global: &Global,
    directory: &Path,
    whole_database: bool,
) -> Result<Option<PathBuf>, Failure> {
    let whole_database = whole_database || session.common.source.is_some();
    let options = cluster_options(global, &Config::load(global)?);
    let making = Making {
        target: session.migrator.target(),
        options: &options,
        directory,
        extent: if whole_database { Extent::WholeDatabase } else { Extent::Partner },
        lock_timeout: session.common.lock_budget,
        interrupt: session.interrupt,
        printer: session.printer,
    };
    let Some(made) = making.run().await? else {
        session.printer.line("There is nothing to back up yet: none of the tables is there.");
        return Ok(None);
    };
    backup::tell(session.printer, &made);
    Ok(Some(made.folder))
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
