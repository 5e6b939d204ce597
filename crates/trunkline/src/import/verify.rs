use serde::Serialize;
use trunkline_core::legacy::Checksum;
use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Finding, SourceRow, Verification, verify};

use super::progress::Bar;
use super::shown::Shown;
use super::{Session, count, from, interrupted, store};
use crate::failure::Failure;
use crate::output::{ERROR, GOOD, Printer, QUIET};

/// The rows of a company.
#[derive(Default, Serialize)]
struct PerCompany {
    company_id: Option<i32>,
    company: Option<String>,
    rows: u64,
    same: u64,
    different: u64,
    missing: u64,
    conflict: u64,
    #[serde(serialize_with = "text")]
    expected: Checksum,
    #[serde(serialize_with = "text")]
    found: Checksum,
}

/// A row that is not as it should be.
#[derive(Serialize)]
struct Line {
    row: i64,
    company_id: Option<i32>,
    finding: &'static str,
    remedy: String,
}

struct Findings {
    companies: Shown<Option<i32>, PerCompany>,
    total: PerCompany,
    lines: Shown<i64, Line>,
}

/// What was found, for programs.
#[derive(Serialize)]
struct Document<'a> {
    total: &'a PerCompany,
    companies: Vec<&'a PerCompany>,
    differences: Vec<&'a Line>,
    source_gone: &'a [i64],
    tokens_compared: bool,
}

pub(super) async fn run(session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let survey = session.survey().await?;
    let executor = session.lease.executor();
    let bar = Bar::new("comparing", survey.rows, session.printer);
    let printer = session.printer;
    let mut findings = Findings {
        companies: Shown::new(printer),
        total: PerCompany::default(),
        lines: Shown::new(printer),
    };
    let mut show = |row: &SourceRow, finding| {
        findings.add(row, finding, &session.options);
        if findings.total.rows.is_multiple_of(1000) {
            bar.show(findings.total.rows);
        }
    };
    let (ring, company) = (session.ring(), session.company);
    let verified =
        verify(executor, &session.platform, &survey, ring, company, &session.interrupt, &mut show)
            .await;
    bar.end();
    let verification = verified.map_err(|error| store(&error))?;
    if verification.is_interrupted {
        return Err(interrupted("nothing was changed"));
    }
    Ok(findings.tell(session, &verification))
}

impl Findings {
    fn add(&mut self, row: &SourceRow, finding: Finding, options: &str) {
        let company = self.companies.entry(row.company_id, || PerCompany {
            company_id: row.company_id,
            company: row.company.clone(),
            ..PerCompany::default()
        });
        if let Some(company) = company {
            company.add(finding);
        }
        self.total.add(finding);
        let (word, remedy) = (finding.word(), finding.remedy(row.id, options));
        let Some((word, remedy)) = word.zip(remedy) else { return };
        let (row, company_id) = (row.id, row.company_id);
        self.lines.entry(row, || Line { row, company_id, finding: word, remedy });
    }

    fn tell(&self, session: &Session<'_>, verification: &Verification) -> ExitStatus {
        let printer = session.printer;
        let PerCompany { rows, same, different, missing, conflict, .. } = self.total;
        printer.document(&Document {
            total: &self.total,
            companies: self.companies.values().collect(),
            differences: self.lines.values().collect(),
            source_gone: &verification.source_gone,
            tokens_compared: session.ring().is_some(),
        });
        self.print_companies(printer);
        for line in self.lines.values() {
            let Line { row, finding, remedy, .. } = line;
            printer.line(format_args!("  {ERROR}{finding}{ERROR:#} row {row}: {remedy}"));
        }
        self.lines.print_more(printer, "rows");
        for row in &verification.source_gone {
            printer.line(format_args!(
                "  {QUIET}row {row} was imported, and is gone from {}: where the number is given up, trunkline import undo --row {row}{}{QUIET:#}",
                from(session.platform.source()),
                session.options
            ));
        }
        session.tell_missing_keys();
        let rows = count(rows, "row");
        if different + missing == 0 && session.ring().is_none() {
            printer.line(format_args!(
                "{ERROR}Tokens were not compared:{ERROR:#} {rows}, {same} as imported otherwise, {}.",
                count(conflict, "conflict")
            ));
            return ExitStatus::Differences;
        }
        if different + missing == 0 {
            printer.line(format_args!(
                "{GOOD}Every row is accounted for:{GOOD:#} {rows}, {same} as imported, {}.",
                count(conflict, "conflict")
            ));
            return ExitStatus::Done;
        }
        printer.line(format_args!(
            "{ERROR}Not all is imported:{ERROR:#} {rows}, {same} as imported, {different} different, {missing} missing, {}.",
            count(conflict, "conflict")
        ));
        ExitStatus::Differences
    }

    fn print_companies(&self, printer: &Printer) {
        let header =
            ["company", "", "rows", "same", "different", "missing", "conflict", "checksum"];
        let rows = self.companies.values().map(PerCompany::fields);
        printer.table(&header, rows.collect());
        self.companies.print_more(printer, "companies");
    }
}

impl PerCompany {
    fn add(&mut self, finding: Finding) {
        self.rows += 1;
        match finding {
            Finding::Same { checksum } => {
                self.same += 1;
                self.expected = self.expected.with(checksum);
                self.found = self.found.with(checksum);
            }
            Finding::Different { expected, found, .. } => {
                self.different += 1;
                self.expected = self.expected.with(expected);
                self.found = self.found.with(found);
            }
            Finding::Missing { expected } => {
                self.missing += 1;
                self.expected = self.expected.with(expected);
            }
            Finding::Conflict(_) => self.conflict += 1,
        }
    }

    fn fields(&self) -> Vec<String> {
        let id = self.company_id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let mut fields = vec![id, self.company.clone().unwrap_or_default()];
        let counts = [self.rows, self.same, self.different, self.missing, self.conflict];
        fields.extend(counts.map(|rows| rows.to_string()));
        let is_same = self.expected == self.found;
        let checksum = if is_same { self.found.to_string() } else { "differs".to_owned() };
        fields.push(checksum.chars().take(12).collect());
        fields
    }
}

fn text<S: serde::Serializer>(checksum: &Checksum, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(checksum)
}
