use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Policy, Survey, plan, skipped_types};

use super::counts::{ConflictLine, Counts, PerCompany, Tally};
use super::progress::Bar;
use super::providers::{self, Said};
use super::{Session, count, from, interrupted, store};
use crate::failure::Failure;
use crate::output::{GOOD, Printer};

#[derive(Args)]
pub(crate) struct Arguments {
    /// End with status 3 if anything would be written, or conflicts
    #[arg(long)]
    check: bool,
    /// Ask the providers about each token, within the rate budgets of the partner accounts
    #[arg(long)]
    check_provider: bool,
    /// In CSV a line for each conflict and each finding, instead of each company
    #[arg(long)]
    rows: bool,
}

/// A plan for programs. It is not put together as a value first: with many companies that takes ten times the text.
#[derive(Serialize)]
struct Document<'a> {
    database: String,
    total: &'a Tally,
    companies: Vec<&'a PerCompany>,
    conflicts: Vec<&'a ConflictLine>,
    notes: &'a BTreeMap<&'static str, u64>,
    skipped_types: &'a BTreeMap<String, u64>,
    tokens_compared: bool,
    provider: Option<&'a Said>,
}

pub(super) async fn run(
    session: &Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let survey = session.survey().await?;
    let (counts, findings) = if arguments.check_provider {
        let (counts, findings) = providers::ask(session, &survey).await?;
        (counts, Some(findings))
    } else {
        (judge(session, &survey, Policy::Skip).await?, None)
    };
    let printer = session.printer;
    if arguments.rows || arguments.check_provider {
        print_rows(printer, &counts, findings.as_ref());
    } else {
        counts.print_csv(printer);
    }
    printer.document(&Document {
        database: session.connection.target.to_string(),
        total: &counts.total,
        companies: counts.companies(),
        conflicts: counts.conflicts(),
        notes: &counts.notes,
        skipped_types: &counts.skipped_types,
        tokens_compared: session.ring().is_some(),
        provider: findings.as_ref(),
    });
    let from = from(session.platform.source());
    printer.line(format_args!("{from} on {}", session.connection.target));
    counts.print_companies(printer);
    counts.print_conflicts(printer);
    print_notes(printer, &counts);
    if let Some(findings) = &findings {
        findings.print(printer);
    }
    session.tell_missing_keys();
    print_summary(printer, &counts, &session.options);
    let total = &counts.total;
    let refused = findings.as_ref().map_or(0, |findings| findings.refused);
    let differs = arguments.check && total.create + total.update + total.conflict + refused > 0;
    Ok(if differs { ExitStatus::Differences } else { ExitStatus::Done })
}

/// Judges every row, and counts.
pub(super) async fn judge(
    session: &Session<'_>,
    survey: &Survey,
    policy: Policy,
) -> Result<Counts, Failure> {
    let mut counts = Counts::new(session);
    let bar = Bar::new("comparing", survey.rows, session.printer);
    let mut rows = 0;
    let planned = plan(
        session.lease.executor(),
        &session.platform,
        survey,
        session.ring(),
        policy,
        session.company,
        &session.interrupt,
        &mut |row, verdict| {
            counts.add(row, verdict);
            rows += 1;
            if rows % 1000 == 0 {
                bar.show(rows);
            }
        },
    )
    .await;
    bar.end();
    if !planned.map_err(|error| store(&error))? {
        return Err(interrupted("nothing was changed"));
    }
    let executor = session.lease.executor();
    let skipped = skipped_types(executor, &session.platform, session.company).await;
    counts.add_skipped_types(&skipped.map_err(|error| store(&error))?);
    Ok(counts)
}

/// A line for each row that a person should look at.
fn print_rows(printer: &Printer, counts: &Counts, findings: Option<&Said>) {
    let header =
        ["row", "company_id", "channel_type", "kind", "word", "explanation", "detail", "remedy"];
    let found = findings.into_iter().flat_map(Said::lines);
    printer.csv(&header, counts.conflicts().into_iter().map(ConflictLine::fields).chain(found));
}

fn print_notes(printer: &Printer, counts: &Counts) {
    for (note, rows) in &counts.notes {
        printer.line(format_args!("  {note}: {}", count(*rows, "row")));
    }
    for (channel_type, rows) in &counts.skipped_types {
        let rows = count(*rows, "row");
        printer.line(format_args!("  of type {channel_type}, left alone: {rows}"));
    }
}

fn print_summary(printer: &Printer, counts: &Counts, options: &str) {
    let total = &counts.total;
    let conflicts = count(total.conflict, "conflict");
    let left_out = if total.left_out > 0 {
        format!("{} left out by decision, ", total.left_out)
    } else {
        String::new()
    };
    let summary = format!(
        "{} already there, {conflicts}, {left_out}{} of other types left alone",
        total.already_there, total.skipped
    );
    if total.create + total.update > 0 {
        printer.line(format_args!(
            "Would create {} and update {}; {summary}. Do it: trunkline import run{options}",
            count(total.create, "channel"),
            total.update
        ));
    } else {
        printer.line(format_args!("{GOOD}Nothing to do:{GOOD:#} {summary}."));
    }
}
