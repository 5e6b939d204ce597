use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{RunOptions, RunReport, SourceRow, Verdict, follow};

use super::{Session, count, interrupted, store};
use crate::failure::Failure;
use crate::migrate::span;
use crate::output::{GOOD, WARNING, duration};

#[derive(Args)]
pub(super) struct Following {
    /// Go on until Ctrl-C: bring along what the platform changes, until the switch
    #[arg(long, conflicts_with = "limit")]
    pub follow: bool,
    /// How long to rest between two looks
    #[arg(long, default_value = "10s", value_parser = span, value_name = "TIME", requires = "follow")]
    interval: Duration,
}

impl Following {
    /// Takes everything over, and then what changes.
    pub(super) async fn run(
        &self,
        session: &Session<'_>,
        ring: &KeyRing,
        options: RunOptions,
    ) -> Result<ExitStatus, Failure> {
        if session.platform.source() != super::PLATFORM {
            return Err(Failure::usage(
                "only the platform's own table can be followed",
                "leave --from or --follow out",
            ));
        }
        let printer = session.printer;
        printer.line("Following channel_connections; Ctrl-C ends it.");
        let mut told = 0;
        // The conflict of each row that has one, as it was seen last.
        let mut conflicts: BTreeMap<i64, &'static str> = BTreeMap::new();
        let mut is_begun = false;
        let mut progress = |report: &RunReport, judged: &[(SourceRow, Verdict)]| {
            is_begun |= judged.is_empty();
            for (row, verdict) in judged {
                let Verdict::Conflict(problem) = verdict else {
                    conflicts.remove(&row.id);
                    continue;
                };
                let word = problem.conflict.as_str();
                let is_new = conflicts.insert(row.id, word) != Some(word);
                // Those of years, which the first reading shows, the end counts and a plan explains.
                if is_new && is_begun {
                    let remedy = problem.remedy(row.id, &session.options);
                    printer.line(format_args!(
                        "  {WARNING}{word}{WARNING:#} row {}: {remedy}",
                        row.id
                    ));
                }
            }
            let done = report.created + report.updated;
            if done != told && done > 0 {
                printer.line(format_args!(
                    "  created {}, updated {}",
                    count(report.created, "channel"),
                    report.updated
                ));
            }
            told = done;
        };
        let followed = follow(
            &session.store,
            &session.platform,
            ring,
            options,
            self.interval,
            &session.interrupt,
            &mut progress,
        )
        .await;
        let report = followed.map_err(|error| store(&error))?;
        if report.is_interrupted {
            return Err(interrupted("what was imported so far stands; the same command goes on"));
        }
        printer.document(&serde_json::json!({
            "created": report.created,
            "updated": report.updated,
            "conflicts": conflicts.len(),
            "rested_ms": u64::try_from(report.rested.as_millis()).unwrap_or(u64::MAX),
        }));
        let all =
            format!("created {}, updated {}", count(report.created, "channel"), report.updated);
        let rested = if report.rested.is_zero() {
            String::new()
        } else {
            format!("; rested {} for the database", duration(report.rested))
        };
        if conflicts.is_empty() {
            printer.line(format_args!("{GOOD}Followed:{GOOD:#} {all}{rested}."));
        } else {
            let conflicts = count(conflicts.len() as u64, "conflict");
            printer.line(format_args!("{WARNING}Not all:{WARNING:#} {conflicts}; {all}{rested}."));
        }
        printer.line(
            "When the platform writes no more: trunkline import run, then trunkline import verify",
        );
        Ok(if conflicts.is_empty() { ExitStatus::Done } else { ExitStatus::Differences })
    }
}
