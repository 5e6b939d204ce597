use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;

use clap::Args;
use trunkline_migrate::{Archive, DownReport, DownRequest, ExitStatus};

use super::Session;
use crate::failure::Failure;
use crate::output::{GOOD, Printer, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Revert everything that was applied after this one, which stays
    #[arg(long, value_name = "NAME", conflicts_with = "steps")]
    to: Option<String>,
    /// Revert so many, the last applied first; without --to and --steps, all of the set
    #[arg(long, value_name = "N")]
    steps: Option<NonZeroUsize>,
    /// Drop tables with their rows instead of moving them to an archive
    #[arg(long)]
    drop_data: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(session: Session<'_>, arguments: Arguments) -> Result<ExitStatus, Failure> {
    if arguments.drop_data && !arguments.yes {
        confirm(session.migrator.target().database())?;
    }
    let request = DownRequest {
        to: arguments.to,
        steps: arguments.steps.map(NonZeroUsize::get),
        drop_data: arguments.drop_data,
    };
    let report = session.migrator.down(&request, session.observer()).await?;
    let printer = session.printer;
    printer.document(&report);
    match &request.to {
        _ if !report.reverted.is_empty() => print(printer, &report),
        Some(to) => printer.line(format_args!("Nothing to do: nothing is applied after {to}.")),
        None => printer.line("Nothing to do: no migration of this set is applied."),
    }
    Ok(ExitStatus::Done)
}

fn print(printer: &Printer, report: &DownReport) {
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} reverted {}.",
        count(report.reverted.len(), "migration")
    ));
    for archive in &report.archives {
        print_archive(printer, archive);
    }
    if !report.dropped.is_empty() {
        printer.line("");
        printer.line("These tables were dropped with their rows:");
        let rows = report.dropped.iter().map(|table| {
            vec![format!("{}.{}", table.schema, table.table), rows(table.rows, table.exact)]
        });
        printer.table(&["table", "rows"], rows.collect());
    }
}

/// A number of rows that was counted or estimated.
fn rows(rows: i64, exact: bool) -> String {
    if exact { rows.to_string() } else { format!("about {rows}") }
}

fn print_archive(printer: &Printer, archive: &Archive) {
    printer.line("");
    printer.line("These tables were moved aside with their rows, not dropped:");
    let rows = archive.tables.iter().map(|table| {
        vec![
            format!("{}.{}", table.schema, table.table),
            rows(table.rows, table.exact),
            table.archive_schema.clone(),
        ]
    });
    printer.table(&["table", "rows", "now in schema"], rows.collect());
    if !archive.objects.is_empty() {
        let objects: Vec<String> = archive.objects.iter().map(ToString::to_string).collect();
        printer.line(format_args!("and with them what nothing else uses: {}", objects.join(", ")));
    }
    if !archive.statements.is_empty() {
        printer.line("What else was done, and does not come back with them:");
        for statement in &archive.statements {
            printer.line(format_args!("  {statement}"));
        }
    }
    printer.line("");
    printer.line(format_args!("Bring them back: trunkline migrate restore {}", archive.name));
}

/// Asks for the database's name, so that nobody drops the wrong one's rows by habit.
fn confirm(database: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "--drop-data destroys rows, and there is no terminal to ask on",
            "say --yes if that is meant",
        ));
    }
    eprint!("--drop-data destroys rows for good. Type the name of the database ({database}): ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == database {
        return Ok(());
    }
    Err(Failure::usage(
        "that is not the name of the database; nothing was changed",
        "without --drop-data the tables are moved to an archive instead",
    ))
}
