//! What applying a set would do, statement by statement, without doing it.
//!
//! The text of each statement says what it touches, the catalogue which of that exists and how big
//! it is, and `locks` what PostgreSQL then locks. A table that a pending statement makes is new:
//! it blocks nobody and is not mentioned.

mod catalogue;
mod cost;
mod locks;
mod names;
mod reversal;
mod session;
mod statement;
mod types;

use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;
use tokio_postgres::Client;

use crate::error::Problem;
use crate::lint::squawk::{Change, Default, Operation, Reading};
use crate::lint::{self, Finding, LintOptions, Severity};
use crate::source::{
    Migration, Name, RequiredTable, Script, Source, SourceError, placeholders_as_words,
};
use crate::sql::{Position, Statement};
use catalogue::Catalogue;
use names::Names;
use session::Session;

pub use crate::lint::squawk::LockMode;

/// What `up` would do.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The pending migrations, in the order in which they would be applied.
    pub migrations: Vec<PlannedMigration>,
    /// What `up` would be refused for as things are.
    pub problems: Vec<Problem>,
}

/// What one migration would do.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedMigration {
    /// Its name.
    pub name: Name,
    /// Its file.
    pub file: String,
    /// Whether it runs in one transaction; otherwise statement by statement.
    pub transactional: bool,
    /// Whether there is a down file.
    pub down: bool,
    /// The tables that must be there before it runs.
    pub requires: Vec<RequiredTable>,
    /// Lint findings about the file as a whole.
    pub findings: Vec<Finding>,
    /// Its statements.
    pub statements: Vec<PlannedStatement>,
}

/// What one statement would do.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStatement {
    /// Its number, from 1.
    pub statement: usize,
    /// Of how many.
    pub of: usize,
    /// Where it stands in the file.
    pub position: Position,
    /// The statement in one short line.
    pub sql: String,
    /// Locks on tables that exist, the strongest one of each, strongest first.
    pub locks: Vec<LockTaken>,
    /// Tables of which every row is written again.
    pub rewrites: Vec<String>,
    /// Tables of which every row is read.
    pub scans: Vec<Scan>,
    /// Why nothing happens, if nothing does.
    pub skipped: Option<String>,
    /// What cannot be told in advance.
    pub note: Option<String>,
    /// Whether it can be taken back.
    pub reversible: Reversible,
    /// Why, where that is not plain.
    pub reversal: Option<String>,
    /// Lint warnings and errors about it.
    pub findings: Vec<Finding>,
}

/// A lock on a table that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockTaken {
    /// `schema.name`.
    pub relation: String,
    /// The mode; nothing where it cannot be read from the text (a DO block).
    pub mode: Option<LockMode>,
    /// Rows, estimated as the planner does.
    pub existing_rows: i64,
    /// Bytes with indexes and TOAST.
    pub size_bytes: i64,
    /// What other sessions cannot do until it is released.
    pub blocks: Blocks,
}

/// What a lock keeps other sessions from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Blocks {
    /// No read, no write and no ordinary DDL.
    #[serde(rename = "nothing")]
    Nothing,
    /// DDL, VACUUM and ANALYZE.
    #[serde(rename = "schema changes")]
    SchemaChanges,
    /// INSERT, UPDATE, DELETE and DDL.
    #[serde(rename = "writes")]
    Writes,
    /// SELECT too.
    #[serde(rename = "reads and writes")]
    ReadsAndWrites,
    /// Cannot be told.
    #[serde(rename = "unknown")]
    Unknown,
}

/// A table that is read from beginning to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// `schema.name`.
    pub relation: String,
    /// What for.
    pub why: String,
}

/// Whether a statement can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Reversible {
    /// The down file does it, and no row is lost.
    #[serde(rename = "yes")]
    Yes,
    /// There is no down file.
    #[serde(rename = "no")]
    No,
    /// Values are lost, now or by the down file.
    #[serde(rename = "loses data")]
    LosesData,
}

/// A plan that cannot be made.
#[derive(Debug, Error)]
pub enum PlanError {
    /// A file cannot be read as a migration.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The catalogue cannot be read.
    #[error("cannot read the catalogue: {}", crate::database::with_causes(.0))]
    Database(#[from] tokio_postgres::Error),
}

/// Tells what applying `pending`, migrations of `source`, would do to the database of `client`.
///
/// One query, unnamed, which reads catalogues only and waits for no lock: a read-only login in a
/// READ ONLY transaction suffices, behind a pooler too.
pub async fn explain(
    client: &Client,
    source: &Source,
    pending: &[&Migration],
) -> Result<Plan, PlanError> {
    if pending.is_empty() {
        return Ok(Plan { migrations: Vec::new(), problems: Vec::new() });
    }
    let read = pending.iter().map(|it| Read::of(it)).collect::<Result<Vec<_>, _>>()?;
    let (relations, functions) = mentioned(&read);
    let cascades = Operation::Truncate { cascade: true };
    let touches = read.iter().flat_map(|it| &it.up).flat_map(|reading| &reading.touches);
    let follow_keys = touches.map(|touch| &touch.operation).any(|it| *it == cascades);
    let catalogue = Catalogue::read(client, &relations, &functions, follow_keys).await?;
    let set = lint::new_tables(source)?;
    let mut names = Names::new(&catalogue);
    let mut migrations = Vec::new();
    for read in &read {
        let findings = lint::lint_up(read.migration, &set, LintOptions::default())?;
        migrations.push(planned(&mut names, read, findings));
    }
    Ok(Plan { migrations, problems: Vec::new() })
}

/// A pending migration, read.
struct Read<'a> {
    migration: &'a Migration,
    /// Statements that the engine runs: without a BEGIN … COMMIT around the file.
    body: &'a [Statement],
    /// How many statements of the file stand before them.
    before: usize,
    up: Vec<Reading>,
    down: Option<Vec<Reading>>,
}

impl<'a> Read<'a> {
    fn of(migration: &'a Migration) -> Result<Self, SourceError> {
        let body = migration.up.body()?;
        let all = migration.up.statements()?;
        let reading = |script: &Script, it| Reading::of(&placeholders_as_words(script.sql(it)));
        let up = body.iter().map(|it| reading(&migration.up, it)).collect();
        let down = match migration.down()? {
            Some(script) => {
                let statements = script.statements()?;
                Some(statements.iter().map(|it| reading(script, it)).collect())
            }
            None => None,
        };
        Ok(Self { migration, body, before: usize::from(body.len() < all.len()), up, down })
    }
}

/// Every name that the catalogue is asked for: relations, and functions in defaults.
fn mentioned(read: &[Read<'_>]) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut relations = BTreeSet::new();
    let mut functions = BTreeSet::new();
    for reading in read.iter().flat_map(|it| &it.up) {
        let head = reading.head.names.iter().chain(&reading.head.on);
        let touched = reading.touches.iter().map(|touch| &touch.relation);
        let in_text = reading.mentions.iter().flatten();
        relations.extend(head.chain(touched).chain(in_text).map(|it| it.name.clone()));
        for touch in &reading.touches {
            if let Operation::Alter(Change::AddColumn(column)) = &touch.operation
                && let Default::Expression { calls } = &column.default
            {
                functions.extend(calls.iter().cloned());
            }
        }
    }
    (relations, functions)
}

fn planned(names: &mut Names<'_>, read: &Read<'_>, findings: Vec<Finding>) -> PlannedMigration {
    let script = &read.migration.up;
    let mut session = Session::new(names.catalogue);
    let mut statements = Vec::new();
    for (index, (reading, statement)) in read.up.iter().zip(read.body).enumerate() {
        session.observe(&placeholders_as_words(script.sql(statement)), names);
        let mut planned = statement::plan(names, &session, reading, read.down.as_deref());
        planned.statement = index + 1;
        planned.of = read.body.len();
        planned.position = statement.position;
        if planned.skipped.is_none() {
            let number = index + 1 + read.before;
            planned.findings = findings
                .iter()
                .filter(|it| it.statement == number && it.severity > Severity::Info)
                .cloned()
                .collect();
            statement::observe(names, reading);
        }
        statements.push(planned);
    }
    PlannedMigration {
        name: read.migration.name.clone(),
        file: script.file.clone(),
        transactional: !script.directives.no_transaction,
        down: read.down.is_some(),
        requires: script.directives.requires.clone(),
        findings: findings.into_iter().filter(|it| it.statement == 0).collect(),
        statements,
    }
}
