use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Changed, UndoReport, Undoing, undo};

use super::progress::Bar;
use super::{Session, count, from, interrupted, store};
use crate::failure::Failure;
use crate::output::{GOOD, Printer, WARNING};

const MOST_LINES: usize = 50;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only what this run wrote last, channels that it only brought up to date too; `trunkline.import_runs` has their numbers
    #[arg(long, value_name = "N")]
    run: Option<i32>,
    /// Only what was imported from this row
    #[arg(long, value_name = "N")]
    row: Option<i64>,
    /// What becomes of what somebody changed since
    #[arg(long, value_enum, default_value = "keep", requires = "row", value_name = "WHAT")]
    changed: IfChanged,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum IfChanged {
    /// It stays, and is listed
    Keep,
    /// It stays and is forgotten: its row is a new one for the next run
    Forget,
    /// It is deleted too
    Delete,
}

impl From<IfChanged> for Changed {
    fn from(word: IfChanged) -> Self {
        match word {
            IfChanged::Keep => Self::Keep,
            IfChanged::Forget => Self::Forget,
            IfChanged::Delete => Self::Delete,
        }
    }
}

pub(super) async fn run(
    session: &Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    if !arguments.yes {
        ask(session)?;
    }
    let total = session.platform.count(session.lease.executor()).await;
    let bar = Bar::new("deleting", total.map_err(|error| store(&error))?, session.printer);
    let Arguments { run, row, changed, .. } = *arguments;
    let changed = Changed::from(changed);
    let (source, company) = (session.platform.source(), session.company);
    let undoing = Undoing { source, company, run, row, changed };
    let mut progress = |report: &UndoReport| bar.show(report.channels + report.forgotten);
    let undone = undo(&session.store, undoing, &session.interrupt, &mut progress).await;
    bar.end();
    let report = undone.map_err(|error| store(&error))?;
    if report.is_interrupted {
        return Err(interrupted("what was deleted so far is deleted; the same command goes on"));
    }
    tell(session.printer, undoing, &report);
    Ok(if report.kept.is_empty() { ExitStatus::Done } else { ExitStatus::Differences })
}

fn ask(session: &Session<'_>) -> Result<(), Failure> {
    let target = &session.connection.target;
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            format!(
                "undo deletes imported clients and channels on {target}, and there is no terminal to ask on"
            ),
            "say --yes if that is meant",
        ));
    }
    eprint!("This deletes imported clients and channels on {target}. Type yes: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer).is_err() || answer.trim() != "yes" {
        return Err(Failure::usage("nothing was deleted", "type yes, or say --yes"));
    }
    Ok(())
}

fn tell(printer: &Printer, undoing: Undoing<'_>, report: &UndoReport) {
    printer.document(&serde_json::json!({
        "channels": report.channels,
        "clients": report.clients,
        "forgotten": report.forgotten,
        "kept": report.kept,
    }));
    for kept in report.kept.iter().take(MOST_LINES) {
        let (reason, provider, row) = (kept.reason.as_str(), kept.provider, kept.row);
        printer.line(format_args!(
            "  {WARNING}kept{WARNING:#} {provider} row {row}, of connection {}: {reason}",
            kept.source_row
        ));
    }
    let Undoing { source, company, run, row, .. } = undoing;
    let only = [("company", company.map(i64::from)), ("run", run.map(i64::from)), ("row", row)];
    let only = only.iter().filter_map(|(what, id)| Some(format!(", {what} {}", (*id)?)));
    let what = format!("an import from {}{}", from(source), only.collect::<String>());
    let deleted = format!(
        "deleted {} and {}, forgot {}",
        count(report.channels, "channel"),
        count(report.clients, "client"),
        count(report.forgotten, "record")
    );
    if report.kept.is_empty() && report.channels + report.clients + report.forgotten == 0 {
        printer.line(format_args!("{GOOD}Nothing to undo:{GOOD:#} nothing is recorded of {what}."));
    } else if report.kept.is_empty() {
        printer.line(format_args!("{GOOD}Done:{GOOD:#} {deleted}."));
    } else {
        let kept = report.kept.len();
        printer.line(format_args!("{WARNING}Kept {kept}:{WARNING:#} {deleted}."));
    }
}
