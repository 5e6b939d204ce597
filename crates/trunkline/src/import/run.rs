use clap::{Args, ValueEnum};
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Policy, RunOptions, RunReport, Survey, run as take_over};

use super::counts::Counts;
use super::follow::Following;
use super::progress::Bar;
use super::{Session, count, interrupted, plan, store};
use crate::failure::Failure;
use crate::output::{GOOD, WARNING, duration};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Make or update at most so many channels
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// What happens to rows that contend for one number or account
    #[arg(long, value_enum, default_value = "skip")]
    conflict: OnConflict,
    /// Rest while more than so many sessions of others are at work, or the own work gets slow; 0: never
    #[arg(long, default_value_t = 16, value_name = "N")]
    busy: u32,
    #[command(flatten)]
    following: Following,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// None of them is taken
    Skip,
    /// The one that was changed last is taken
    Newest,
    /// Nothing at all is written while there is a conflict of whatever kind
    Fail,
}

pub(super) async fn run(
    mut session: Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let options = arguments.options(session.company);
    let ring = session.ring_for_writing().await?;
    let survey = session.survey().await?;
    if arguments.conflict == OnConflict::Fail {
        refuse_conflicts(&session, &survey).await?;
    }
    if arguments.following.follow {
        return arguments.following.run(&session, &ring, options).await;
    }
    let bar = Bar::new("importing", survey.rows, session.printer);
    let mut counts = Counts::new(&session);
    let mut progress = |report: &RunReport, judged: &[_]| {
        for (row, verdict) in judged {
            counts.add(row, verdict);
        }
        bar.show(report.rows);
    };
    let done = take_over(
        &session.store,
        &session.platform,
        &survey,
        &ring,
        options,
        &session.interrupt,
        &mut progress,
    )
    .await;
    bar.end();
    let report = done.map_err(|error| store(&error))?;
    if report.is_interrupted {
        return Err(interrupted("what was imported so far stands; the same command goes on"));
    }
    tell(&session, &report, &counts);
    Ok(if report.conflicts > 0 { ExitStatus::Differences } else { ExitStatus::Done })
}

impl Arguments {
    fn options(&self, company: Option<i32>) -> RunOptions {
        let policy = match self.conflict {
            OnConflict::Newest => Policy::Newest,
            OnConflict::Skip | OnConflict::Fail => Policy::Skip,
        };
        let busy = (self.busy > 0).then_some(self.busy);
        RunOptions { company, limit: self.limit, policy, busy }
    }
}

async fn refuse_conflicts(session: &Session<'_>, survey: &Survey) -> Result<(), Failure> {
    let counts = plan::judge(session, survey, Policy::Skip).await?;
    if counts.total.conflict == 0 {
        return Ok(());
    }
    counts.print_conflicts(session.printer);
    Err(Failure::failed(
        format!("{}; nothing was written", count(counts.total.conflict, "conflict")),
        "`trunkline import plan` lists them; --conflict skip leaves these rows out",
    ))
}

fn tell(session: &Session<'_>, report: &RunReport, counts: &Counts) {
    let (printer, options) = (session.printer, &session.options);
    printer.document(&serde_json::json!({
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "already_there": report.already_there,
        "left_out": report.left_out,
        "limited": report.is_limited,
        "rested_ms": u64::try_from(report.rested.as_millis()).unwrap_or(u64::MAX),
        "conflicts": counts.conflicts(),
    }));
    counts.print_conflicts(printer);
    let summary = format!(
        "created {}, updated {}, {} already there",
        count(report.created, "channel"),
        report.updated,
        report.already_there
    );
    let limited = if report.is_limited { " The limit was reached; run it again." } else { "" };
    if report.conflicts > 0 {
        printer.line(format_args!(
            "{WARNING}Not all:{WARNING:#} {}; {summary}.{limited}",
            count(report.conflicts, "conflict")
        ));
    } else {
        printer.line(format_args!("{GOOD}Done:{GOOD:#} {summary}.{limited}"));
    }
    if !report.rested.is_zero() {
        printer.line(format_args!(
            "It rested {} in all, as the database was busy.",
            duration(report.rested)
        ));
    }
    printer.line(format_args!("Compare: trunkline import verify{options}"));
}
