use clap::Args;
use trunkline_migrate::lint::Finding;
use trunkline_migrate::plan::{Blocks, Plan, PlannedMigration, PlannedStatement, Reversible};
use trunkline_migrate::{ExitStatus, UpRequest};

use super::Session;
use crate::failure::Failure;
use crate::output::{ERROR, HINT, Printer, QUIET, WARNING, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these, by name or by the start of the name
    names: Vec<String>,
    /// Up to and with this one
    #[arg(long, value_name = "NAME", conflicts_with = "names")]
    to: Option<String>,
    /// End with status 3 if anything is pending
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(
    session: Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let request =
        UpRequest { names: arguments.names.clone(), to: arguments.to.clone(), atomic: false };
    let plan = session.migrator.plan(&request).await?;
    session.printer.document(&plan);
    print(session.printer, &plan);
    let pending = arguments.check && !plan.migrations.is_empty();
    Ok(if pending { ExitStatus::Differences } else { ExitStatus::Done })
}

fn print(printer: &Printer, plan: &Plan) {
    if plan.migrations.is_empty() {
        printer.line("Nothing is pending.");
        return;
    }
    for migration in &plan.migrations {
        print_migration(printer, migration);
    }
    for problem in &plan.problems {
        printer.line(format_args!("{ERROR}up would be refused:{ERROR:#} {}", problem.what));
        printer.line(format_args!("  {HINT}hint:{HINT:#} {}", problem.hint));
    }
    let migrations = count(plan.migrations.len(), "migration");
    printer.line(format_args!("{migrations} to apply: trunkline migrate up"));
}

fn print_migration(printer: &Printer, migration: &PlannedMigration) {
    let way = if migration.transactional { "in one transaction" } else { "statement by statement" };
    let back = if migration.down { "can be reverted" } else { "cannot be reverted: no down file" };
    printer.line(format_args!("{} {QUIET}{way}, {back}{QUIET:#}", migration.name));
    for required in &migration.requires {
        printer
            .line(format_args!("  {QUIET}needs{QUIET:#} {}.{}", required.schema, required.table));
    }
    for finding in &migration.findings {
        print_finding(printer, finding);
    }
    // Statements of one kind about which there is nothing to say need no line each.
    let alike = |one: &PlannedStatement, next: &PlannedStatement| {
        is_plain(one) && is_plain(next) && first_word(one) == first_word(next)
    };
    for run in migration.statements.chunk_by(alike) {
        match run {
            [first, .., last] if run.len() > MOST_ALIKE => {
                let PlannedStatement { statement: number, of, .. } = last;
                print_statement(printer, first);
                let more = run.len() - 1;
                let kind = first_word(first);
                printer
                    .line(format_args!("  {number}/{of} {QUIET}and {more} more {kind}{QUIET:#}"));
            }
            few => few.iter().for_each(|statement| print_statement(printer, statement)),
        }
    }
    printer.line("");
}

/// More statements in a row of one kind are summed up.
const MOST_ALIKE: usize = 4;

fn first_word(statement: &PlannedStatement) -> &str {
    statement.sql.split_whitespace().next().unwrap_or_default()
}

/// Whether there is nothing to say about a statement but its text.
fn is_plain(statement: &PlannedStatement) -> bool {
    statement.locks.is_empty()
        && statement.rewrites.is_empty()
        && statement.scans.is_empty()
        && statement.skipped.is_none()
        && statement.note.is_none()
        && statement.findings.is_empty()
        && statement.reversible != Reversible::LosesData
}

fn print_statement(printer: &Printer, statement: &PlannedStatement) {
    let PlannedStatement { statement: number, of, sql, .. } = statement;
    printer.line(format_args!("  {number}/{of} {sql}"));
    let under = |text: String| printer.line(format_args!("      {text}"));
    if let Some(why) = &statement.skipped {
        under(format!("{QUIET}{why}{QUIET:#}"));
    }
    for lock in &statement.locks {
        let mode = lock.mode.map_or_else(|| "some lock".to_owned(), |mode| format!("{mode:?}Lock"));
        let blocks = match lock.blocks {
            Blocks::Nothing => "blocks neither reads nor writes",
            Blocks::SchemaChanges => "blocks schema changes only",
            Blocks::Writes => "blocks writes",
            Blocks::ReadsAndWrites => "blocks reads and writes",
            Blocks::Unknown => "may block",
        };
        under(format!("{mode} on {} (about {} rows): {blocks}", lock.relation, lock.existing_rows));
    }
    for table in &statement.rewrites {
        under(format!("{WARNING}rewrites{WARNING:#} {table}"));
    }
    for scan in &statement.scans {
        under(format!("reads all of {}: {}", scan.relation, scan.why));
    }
    if let Some(note) = &statement.note {
        under(format!("{QUIET}{note}{QUIET:#}"));
    }
    if statement.reversible == Reversible::LosesData {
        let why = statement.reversal.as_deref().unwrap_or("values are lost");
        under(format!("{WARNING}loses data:{WARNING:#} {why}"));
    }
    for finding in &statement.findings {
        print_finding(printer, finding);
    }
}

fn print_finding(printer: &Printer, finding: &Finding) {
    let Finding { position, message, rule, .. } = finding;
    printer.line(format_args!("      {WARNING}{rule}{WARNING:#} {position} {message}"));
}
