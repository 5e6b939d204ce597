//! What rows come to, by company, and the conflicts among them.

use std::collections::BTreeMap;

use serde::Serialize;
use trunkline_store::import::{Problem, SkippedType, SourceRow, Verdict};

use crate::output::{Printer, QUIET, WARNING};

/// More companies or conflicts than that are for programs to read.
const MOST_LINES: usize = 50;

/// The rows of a company, or all, by what becomes of them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    pub create: u64,
    pub update: u64,
    pub already_there: u64,
    pub conflict: u64,
    pub left_out: u64,
    pub skipped: u64,
}

#[derive(Serialize)]
struct PerCompany {
    company_id: Option<i32>,
    company: Option<String>,
    #[serde(flatten)]
    tally: Tally,
}

/// A row that cannot be taken over.
#[derive(Serialize)]
pub(super) struct ConflictLine {
    row: i64,
    company_id: Option<i32>,
    channel_type: String,
    conflict: &'static str,
    explanation: &'static str,
    rival: Option<String>,
    remedy: &'static str,
}

/// What is known of all rows that were shown to it.
#[derive(Default)]
pub(super) struct Counts {
    companies: BTreeMap<Option<i32>, PerCompany>,
    pub(super) conflicts: Vec<ConflictLine>,
    pub(super) notes: BTreeMap<&'static str, u64>,
    pub(super) total: Tally,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Create => &mut self.create,
            Verdict::Update => &mut self.update,
            Verdict::AlreadyThere | Verdict::Adopt { .. } => &mut self.already_there,
            Verdict::Conflict(_) => &mut self.conflict,
            Verdict::LeftOut(_) => &mut self.left_out,
        } += 1;
    }

    fn fields(&self) -> Vec<String> {
        let Self { create, update, already_there, conflict, left_out, skipped } = self;
        [create, update, already_there, conflict, left_out, skipped]
            .map(ToString::to_string)
            .to_vec()
    }
}

impl Counts {
    pub(super) fn add(&mut self, row: &SourceRow, verdict: &Verdict) {
        self.total.add(verdict);
        self.company(row.company_id, row.company.as_deref()).tally.add(verdict);
        if let Verdict::Conflict(problem) = verdict {
            self.conflicts.push(ConflictLine::new(row, problem));
        } else if let Ok(channel) = &row.reading {
            for note in &channel.notes {
                *self.notes.entry(note.as_str()).or_default() += 1;
            }
        }
    }

    pub(super) fn add_skipped_types(&mut self, skipped: &[SkippedType]) {
        for of_type in skipped {
            self.add_skipped(of_type);
        }
    }

    fn add_skipped(&mut self, skipped: &SkippedType) {
        self.total.skipped += skipped.rows;
        let company = self.company(skipped.company_id, skipped.company.as_deref());
        company.tally.skipped += skipped.rows;
    }

    fn company(&mut self, id: Option<i32>, name: Option<&str>) -> &mut PerCompany {
        self.companies.entry(id).or_insert_with(|| PerCompany {
            company_id: id,
            company: name.map(str::to_owned),
            tally: Tally::default(),
        })
    }

    /// Puts the conflicts into the order of their rows: two writers show them as they come.
    pub(super) fn sort(&mut self) {
        self.conflicts.sort_by_key(|line| line.row);
    }

    /// Every company, for programs.
    pub(super) fn companies(&self) -> impl Serialize {
        self.companies.values().collect::<Vec<_>>()
    }

    pub(super) fn print_companies(&self, printer: &Printer) {
        let header =
            ["company", "", "create", "update", "already there", "conflict", "left out", "skipped"];
        let rows = self.companies.values().take(MOST_LINES).map(PerCompany::fields);
        printer.table(&header, rows.collect());
        print_more(printer, self.companies.len(), "companies");
    }

    pub(super) fn print_csv(&self, printer: &Printer) {
        let header = [
            "company_id",
            "company",
            "create",
            "update",
            "already_there",
            "conflict",
            "left_out",
            "skipped",
        ];
        printer.csv(&header, self.companies.values().map(PerCompany::fields));
    }

    pub(super) fn print_conflicts(&self, printer: &Printer) {
        for line in self.conflicts.iter().take(MOST_LINES) {
            let ConflictLine { row, channel_type, conflict, explanation, remedy, .. } = line;
            let company = line.company_id.map_or_else(String::new, |id| format!(", company {id}"));
            let rival = line.rival.as_ref().map_or_else(String::new, |rival| format!(" ({rival})"));
            printer.line(format_args!(
                "  {WARNING}{conflict}{WARNING:#} row {row}, {channel_type}{company}: {explanation}{rival}"
            ));
            printer.line(format_args!("      {QUIET}{remedy}{QUIET:#}"));
        }
        print_more(printer, self.conflicts.len(), "conflicts");
    }
}

impl PerCompany {
    fn fields(&self) -> Vec<String> {
        let id = self.company_id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let mut fields = vec![id, self.company.clone().unwrap_or_default()];
        fields.extend(self.tally.fields());
        fields
    }
}

impl ConflictLine {
    /// As a line of CSV.
    pub(super) fn fields(&self) -> Vec<String> {
        vec![
            self.row.to_string(),
            self.company_id.map(|id| id.to_string()).unwrap_or_default(),
            self.channel_type.clone(),
            "conflict".to_owned(),
            self.conflict.to_owned(),
            self.explanation.to_owned(),
            self.rival.clone().unwrap_or_default(),
            self.remedy.to_owned(),
        ]
    }

    fn new(row: &SourceRow, problem: &Problem) -> Self {
        Self {
            row: row.id,
            company_id: row.company_id,
            channel_type: row.channel_type.clone(),
            conflict: problem.conflict.as_str(),
            explanation: problem.conflict.explanation(),
            rival: problem.rival.map(|rival| rival.to_string()),
            remedy: problem.conflict.remedy(),
        }
    }
}

fn print_more(printer: &Printer, all: usize, what: &str) {
    if all > MOST_LINES {
        let more = all - MOST_LINES;
        printer.line(format_args!("  {QUIET}and {more} more {what}: --format json{QUIET:#}"));
    }
}
