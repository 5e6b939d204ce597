//! What rows come to, by company, and the conflicts among them.

use std::collections::BTreeMap;

use serde::Serialize;
use trunkline_store::import::{Problem, SkippedType, SourceRow, Verdict};

use super::Session;
use super::shown::Shown;
use crate::output::{Printer, QUIET, WARNING};

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
pub(super) struct PerCompany {
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
    remedy: String,
}

/// What is known of all rows that were shown to it.
pub(super) struct Counts {
    companies: Shown<Option<i32>, PerCompany>,
    conflicts: Shown<i64, ConflictLine>,
    pub(super) notes: BTreeMap<&'static str, u64>,
    /// Rows of the types that are left alone.
    pub(super) skipped_types: BTreeMap<String, u64>,
    pub(super) total: Tally,
    /// Of the session, for the commands of remedies.
    options: String,
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
    /// What is printed of them is kept.
    pub(super) fn new(session: &Session<'_>) -> Self {
        let printer = session.printer;
        Self {
            companies: Shown::new(printer),
            conflicts: Shown::new(printer),
            notes: BTreeMap::new(),
            skipped_types: BTreeMap::new(),
            total: Tally::default(),
            options: session.options.clone(),
        }
    }

    pub(super) fn add(&mut self, row: &SourceRow, verdict: &Verdict) {
        self.total.add(verdict);
        if let Some(company) = self.company(row.company_id, row.company.as_deref()) {
            company.tally.add(verdict);
        }
        if let Verdict::Conflict(problem) = verdict {
            let remedy = || problem.remedy(row.id, &self.options);
            self.conflicts.entry(row.id, || ConflictLine::new(row, problem, remedy()));
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
        *self.skipped_types.entry(skipped.channel_type.clone()).or_default() += skipped.rows;
        if let Some(company) = self.company(skipped.company_id, skipped.company.as_deref()) {
            company.tally.skipped += skipped.rows;
        }
    }

    fn company(&mut self, id: Option<i32>, name: Option<&str>) -> Option<&mut PerCompany> {
        self.companies.entry(id, || PerCompany {
            company_id: id,
            company: name.map(str::to_owned),
            tally: Tally::default(),
        })
    }

    /// Every company, for programs.
    pub(super) fn companies(&self) -> Vec<&PerCompany> {
        self.companies.values().collect()
    }

    /// Every conflict, for programs, in the order of their rows: two writers show them as they come.
    pub(super) fn conflicts(&self) -> Vec<&ConflictLine> {
        self.conflicts.values().collect()
    }

    pub(super) fn print_companies(&self, printer: &Printer) {
        let header =
            ["company", "", "create", "update", "already there", "conflict", "left out", "skipped"];
        let rows = self.companies.values().map(PerCompany::fields);
        printer.table(&header, rows.collect());
        self.companies.print_more(printer, "companies");
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
        for line in self.conflicts.values() {
            let ConflictLine { row, channel_type, conflict, explanation, remedy, .. } = line;
            let company = line.company_id.map_or_else(String::new, |id| format!(", company {id}"));
            let rival = line.rival.as_ref().map_or_else(String::new, |rival| format!(" ({rival})"));
            printer.line(format_args!(
                "  {WARNING}{conflict}{WARNING:#} row {row}, {channel_type}{company}: {explanation}{rival}"
            ));
            printer.line(format_args!("      {QUIET}{remedy}{QUIET:#}"));
        }
        self.conflicts.print_more(printer, "conflicts");
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
            self.remedy.clone(),
        ]
    }

    fn new(row: &SourceRow, problem: &Problem, remedy: String) -> Self {
        Self {
            row: row.id,
            company_id: row.company_id,
            channel_type: row.channel_type.clone(),
            conflict: problem.conflict.as_str(),
            explanation: problem.conflict.explanation(),
            rival: problem.rival.map(|rival| rival.to_string()),
            remedy,
        }
    }
}
