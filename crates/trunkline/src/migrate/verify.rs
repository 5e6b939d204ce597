use std::collections::BTreeMap;

use clap::Args;
use trunkline_migrate::ExitStatus;
use trunkline_migrate::catalog::{Check, Outcome, mends};

use super::Session;
use crate::failure::Failure;
use crate::output::{ERROR, GOOD, Printer, QUIET, WARNING, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Print a row for every check, those that are ok too
    #[arg(long)]
    all: bool,
    /// Print only the SQL that would mend the differences, for psql
    #[arg(long)]
    sql: bool,
}

pub(super) async fn run(
    session: Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let checks = session.migrator.verify(session.common.catalog()).await?;
    if arguments.sql && !session.printer.is_json() {
        session.printer.line("-- for psql, without -1: some of it cannot run in a transaction");
        session.printer.line(mends(&checks).trim_end());
        return Ok(status(&checks));
    }
    session.printer.document(&serde_json::json!({ "checks": checks, "mend": mends(&checks) }));
    Ok(print_checks(session.printer, &checks, arguments.all))
}

/// Prints the checks; returns what they mean for the exit status.
pub(crate) fn print_checks(printer: &Printer, checks: &[Check], all: bool) -> ExitStatus {
    let shown: Vec<&Check> =
        checks.iter().filter(|check| all || check.result != Outcome::Ok).collect();
    if !all {
        let mut tables: BTreeMap<&str, usize> = BTreeMap::new();
        for check in checks.iter().filter(|check| check.result == Outcome::Ok) {
            *tables.entry(&check.relation).or_default() += 1;
        }
        // The name comes last: that of a function may be very long.
        let row = |(name, ok): (&&str, &usize)| {
            vec![format!("{} ok", count(*ok, "check")), (*name).to_owned()]
        };
        let rows = tables.iter().map(row);
        printer.table(&[], rows.collect());
    }
    for check in &shown {
        print_check(printer, check);
    }
    let script = mends(checks);
    if !script.is_empty() {
        printer.line("\nThis SQL would mend it (psql, not in a transaction):");
        for line in script.lines() {
            printer.line(format_args!("  {line}"));
        }
    }
    let errors = checks.iter().filter(|check| check.result.is_error()).count();
    let extra = checks.iter().filter(|check| check.result == Outcome::Extra).count();
    let extra = if extra > 0 { format!(", {extra} extra and kept") } else { String::new() };
    if errors == 0 {
        let checks = count(checks.len(), "check");
        printer.line(format_args!(
            "{GOOD}The database is what the migrations make:{GOOD:#} {checks}{extra}."
        ));
    } else {
        let errors = count(errors, "difference");
        printer.line(format_args!(
            "{ERROR}{errors}{ERROR:#} in {}{extra}.",
            count(checks.len(), "check")
        ));
    }
    status(checks)
}

fn status(checks: &[Check]) -> ExitStatus {
    let differs = checks.iter().any(|check| check.result.is_error());
    if differs { ExitStatus::Differences } else { ExitStatus::Done }
}

fn print_check(printer: &Printer, check: &Check) {
    let style = match check.result {
        Outcome::Ok => GOOD,
        Outcome::Missing | Outcome::Different => ERROR,
        Outcome::Extra => WARNING,
    };
    let Check { kind, object, result, .. } = check;
    printer.line(format_args!("  {style}{result:<10}{style:#}{kind:<12} {object}"));
    if *result == Outcome::Ok {
        return;
    }
    for (word, text) in [("expected", &check.expected), ("found", &check.found)] {
        if let Some(text) = text {
            printer.line(format_args!("              {QUIET}{word:<9}{QUIET:#}{text}"));
        }
    }
    if let Some(note) = &check.note {
        printer.line(format_args!("              {QUIET}{note}{QUIET:#}"));
    }
}
