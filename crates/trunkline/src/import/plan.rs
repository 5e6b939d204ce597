use clap::Args;
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Policy, Survey, plan, skipped_types};

use super::counts::Counts;
use super::progress::Bar;
use super::{Session, count, interrupted, store};
use crate::failure::Failure;
use crate::output::{GOOD, Printer};

#[derive(Args)]
pub(crate) struct Arguments {
    /// End with status 3 if anything would be written, or conflicts
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(
    session: &Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let survey = session.survey().await?;
    let counts = judge(session, &survey, Policy::Skip).await?;
    let printer = session.printer;
    counts.print_csv(printer);
    printer.document(&serde_json::json!({
        "database": session.connection.target.to_string(),
        "total": counts.total,
        "companies": counts.companies(),
        "conflicts": counts.conflicts,
        "notes": counts.notes,
        "tokens_compared": session.ring().is_some(),
    }));
    printer.line(format_args!("channel_connections on {}", session.connection.target));
    counts.print_companies(printer);
    counts.print_conflicts(printer);
    print_notes(printer, &counts);
    session.tell_missing_keys();
    print_summary(printer, &counts);
    let total = &counts.total;
    let differs = arguments.check && total.create + total.update + total.conflict > 0;
    Ok(if differs { ExitStatus::Differences } else { ExitStatus::Done })
}

/// Judges every row, and counts.
pub(super) async fn judge(
    session: &Session<'_>,
    survey: &Survey,
    policy: Policy,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
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
    for of_type in skipped.map_err(|error| store(&error))? {
        counts.add_skipped(&of_type);
    }
    Ok(counts)
}

fn print_notes(printer: &Printer, counts: &Counts) {
    for (note, rows) in &counts.notes {
        printer.line(format_args!("  {note}: {}", count(*rows, "row")));
    }
}

fn print_summary(printer: &Printer, counts: &Counts) {
    let total = &counts.total;
    let conflicts = count(total.conflict, "conflict");
    let summary = format!(
        "{} already there, {conflicts}, {} of other types left alone",
        total.already_there, total.skipped
    );
    if total.create + total.update > 0 {
        printer.line(format_args!(
            "Would create {} and update {}; {summary}. Do it: trunkline import run",
            count(total.create, "channel"),
            total.update
        ));
    } else {
        printer.line(format_args!("{GOOD}Nothing to do:{GOOD:#} {summary}."));
    }
}
