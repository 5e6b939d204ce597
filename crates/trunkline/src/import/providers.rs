//! `import plan --check-provider`: what the providers say of the tokens.

use std::collections::BTreeMap;

use serde::Serialize;
use trunkline_core::legacy::{Conflict, LegacyChannel, Note};
use trunkline_core::{Clock, Random};
use trunkline_server::ProviderClient;
use trunkline_server::providers::{ProviderAccess, TokenAnswer, TokenChecks};
use trunkline_store::import::{Planning, Policy, SourceRow, Survey, Verdict, skipped_types};

use super::counts::Counts;
use super::progress::Bar;
use super::{Session, count, interrupted, store};
use crate::failure::Failure;
use crate::output::{Printer, QUIET, WARNING};

/// More findings than that are for programs to read.
const MOST_LINES: usize = 50;

/// So many rows of which nothing is known are named; all are counted.
const MOST_UNKNOWN: usize = 1_000;

/// What a provider said of a row's token.
#[derive(Serialize)]
struct Found {
    row: i64,
    company_id: Option<i32>,
    channel_type: String,
    /// `conflict` or `note`.
    kind: &'static str,
    finding: &'static str,
    explanation: &'static str,
    /// The provider's words, or why it was not asked.
    detail: String,
    remedy: Option<String>,
}

/// What the providers said.
#[derive(Default, Serialize)]
pub(super) struct Said {
    good: u64,
    pub(super) refused: u64,
    not_asked: u64,
    notes: BTreeMap<&'static str, u64>,
    findings: Vec<Found>,
}

/// Judges every row, and asks about the tokens of those that can be read.
pub(super) async fn ask(session: &Session<'_>, survey: &Survey) -> Result<(Counts, Said), Failure> {
    let checks = open(session).await?;
    let mut planning =
        Planning::new(&session.platform, survey, session.ring(), Policy::Skip, session.company);
    let bar = Bar::new("asking", survey.rows, session.printer);
    let (mut counts, mut findings, mut rows) = (Counts::new(session), Said::default(), 0);
    let executor = session.lease.executor();
    while let Some(judged) = planning.next(executor).await.map_err(|error| store(&error))? {
        let asked: Vec<&LegacyChannel> =
            judged.iter().filter_map(|(row, _)| asked_about(row)).collect();
        let mut progress = |answered| bar.show(rows + answered as u64);
        let answers = checks.ask_all(&asked, &session.interrupt, &mut progress).await;
        if session.interrupt.is_requested() {
            bar.end();
            return Err(interrupted("nothing was changed"));
        }
        findings.add(&judged, answers);
        for (row, verdict) in &judged {
            counts.add(row, verdict);
        }
        rows += judged.len() as u64;
        bar.show(rows);
    }
    bar.end();
    let skipped = skipped_types(executor, &session.platform, session.company).await;
    counts.add_skipped_types(&skipped.map_err(|error| store(&error))?);
    Ok((counts, findings))
}

async fn open(session: &Session<'_>) -> Result<TokenChecks, Failure> {
    let Some(keys) = session.ring() else {
        return Err(Failure::failed(
            "the partner accounts' credentials cannot be opened without keys, so the providers cannot be asked",
            "docs/secrets.md tells where keys are looked for; or leave --check-provider out",
        ));
    };
    let config = &session.config;
    let access = ProviderAccess {
        store: &session.store,
        keys,
        providers: &config.providers,
        calls: &config.calls,
        client: &ProviderClient::new(&config.providers),
        clock: &Clock::system(),
        random: &Random::system(),
    };
    TokenChecks::open(access).await.map_err(|problem| {
        let words = problem.cause.unwrap_or(problem.detail);
        Failure::failed(
            format!("the providers cannot be asked: {words}"),
            "leave --check-provider out",
        )
    })
}

/// The channel of a row whose token can be asked about.
fn asked_about(row: &SourceRow) -> Option<&LegacyChannel> {
    row.reading.as_ref().ok().map(AsRef::as_ref).filter(|channel| channel.secret.is_some())
}

impl Said {
    fn add(&mut self, judged: &[(SourceRow, Verdict)], answers: Vec<TokenAnswer>) {
        let rows = judged.iter().map(|(row, _)| row).filter(|row| asked_about(row).is_some());
        for (row, answer) in rows.zip(answers) {
            match answer {
                TokenAnswer::Good => self.good += 1,
                TokenAnswer::Noted(note, detail) => {
                    self.good += 1;
                    self.note(row, note, detail);
                }
                TokenAnswer::Refused(conflict, detail) => {
                    self.refused += 1;
                    self.findings.push(Found::refused(row, conflict, detail));
                }
                TokenAnswer::Unknown(why) => {
                    self.not_asked += 1;
                    self.note(row, Note::TokenNotAsked, why);
                }
            }
        }
    }

    fn note(&mut self, row: &SourceRow, note: Note, detail: String) {
        let known = self.notes.entry(note.as_str()).or_default();
        *known += 1;
        if note != Note::TokenNotAsked || *known <= MOST_UNKNOWN as u64 {
            self.findings.push(Found {
                kind: "note",
                finding: note.as_str(),
                explanation: note.explanation(),
                remedy: None,
                ..Found::of(row, detail)
            });
        }
    }

    /// As lines of CSV.
    pub(super) fn lines(&self) -> impl Iterator<Item = Vec<String>> {
        self.findings.iter().map(|found| {
            vec![
                found.row.to_string(),
                found.company_id.map(|id| id.to_string()).unwrap_or_default(),
                found.channel_type.clone(),
                found.kind.to_owned(),
                found.finding.to_owned(),
                found.explanation.to_owned(),
                found.detail.clone(),
                found.remedy.clone().unwrap_or_default(),
            ]
        })
    }

    pub(super) fn print(&self, printer: &Printer) {
        for found in self.findings.iter().take(MOST_LINES) {
            let Found { row, finding, channel_type, explanation, detail, .. } = found;
            let company = found.company_id.map_or_else(String::new, |id| format!(", company {id}"));
            printer.line(format_args!(
                "  {WARNING}{finding}{WARNING:#} row {row}, {channel_type}{company}: {explanation} ({detail})"
            ));
            if let Some(remedy) = &found.remedy {
                printer.line(format_args!("      {QUIET}{remedy}{QUIET:#}"));
            }
        }
        let more = self.findings.len().saturating_sub(MOST_LINES);
        if more > 0 {
            printer.line(format_args!("  {QUIET}and {more} more findings: --format json{QUIET:#}"));
        }
        printer.line(format_args!(
            "The providers were asked: {} good, {} refused, {} of which nothing is known.",
            count(self.good, "token"),
            self.refused,
            self.not_asked
        ));
    }
}

impl Found {
    fn of(row: &SourceRow, detail: String) -> Self {
        Self {
            row: row.id,
            company_id: row.company_id,
            channel_type: row.channel_type.clone(),
            kind: "",
            finding: "",
            explanation: "",
            detail,
            remedy: None,
        }
    }

    fn refused(row: &SourceRow, conflict: Conflict, detail: String) -> Self {
        Self {
            kind: "conflict",
            finding: conflict.as_str(),
            explanation: conflict.explanation(),
            remedy: Some(conflict.remedy(row.id, false, "")),
            ..Self::of(row, detail)
        }
    }
}
