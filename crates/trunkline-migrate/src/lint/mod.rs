//! Dangerous or careless SQL in migrations, found without a database.
//!
//! The rules of `squawk-linter`, read with what a single statement cannot know (which tables the
//! migration itself creates, how the engine runs the file), and ours. Nothing is said about locks
//! on a table that is new. A comment `-- squawk-ignore RULE` before a line, or
//! `-- squawk-ignore-file RULE`, silences either kind.

mod file;
mod rules;
pub(crate) mod squawk;
mod treatment;

use serde::Serialize;

use crate::source::{Migration, Name, Script, Source, SourceError};
use crate::sql::Position;
use file::File;
use rules::Found;
use squawk::{Head, Linted, Options, RelationName};
use treatment::Treatment;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; a matter of taste or of old clients.
    Info,
    /// Dangerous on a busy database, or when it is run again.
    Warning,
    /// Fails, or does not do what it seems to do.
    Error,
}

/// What the linter is told about the surroundings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LintOptions {
    /// Another runner than ours applies the files, so that nobody sets `lock_timeout` for them.
    pub other_runner: bool,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's name, by which a comment can silence it.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The file, as [`Script::file`] names it.
    pub file: String,
    /// Where it begins.
    pub position: Position,
    /// Where it ends, if it is a stretch of text.
    pub end: Option<Position>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The migration.
    pub migration: Name,
    /// The number of the statement, from 1; 0 for the file as a whole.
    pub statement: usize,
}

/// Lints every file of `source`, in the order of its migrations; a down file follows its up file.
///
/// ```
/// use trunkline_migrate::{lint, source::Source};
///
/// let up = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON companies (name);";
/// let files: [(&str, &[u8]); 2] =
///     [("1.sql", up.as_bytes()), ("1.down.sql", b"DROP INDEX IF EXISTS i;")];
/// let source = Source::embedded("demo", &files).unwrap();
/// let findings = lint::lint(&source, &lint::LintOptions::default()).unwrap();
/// assert_eq!(findings[0].rule, "concurrently-in-transaction");
/// ```
pub fn lint(source: &Source, options: &LintOptions) -> Result<Vec<Finding>, SourceError> {
    let set = new_tables(source)?;
    let mut findings = Vec::new();
    for migration in source.migrations() {
        findings.extend(lint_up(migration, &set, *options)?);
        if let Some(down) = migration.down()? {
            findings.extend(lint_down(&migration.name, down)?);
        }
    }
    Ok(findings)
}

/// Lints one file by itself, as an up file.
pub fn lint_script(
    name: &Name,
    script: &Script,
    options: &LintOptions,
) -> Result<Vec<Finding>, SourceError> {
    let mut file = File::read(name, script, &[])?;
    Ok(findings(&mut file, false, |file| rules::up(file, *options), *options))
}

/// The tables that a set creates.
pub(crate) fn new_tables(source: &Source) -> Result<Vec<RelationName>, SourceError> {
    let mut tables = Vec::new();
    for migration in source.migrations() {
        tables.extend(created_by(migration)?);
    }
    Ok(tables)
}

/// The tables that one migration creates.
pub(crate) fn created_by(migration: &Migration) -> Result<Vec<RelationName>, SourceError> {
    let mut tables = Vec::new();
    for statement in migration.up.statements()? {
        tables.extend(Head::of(migration.up.sql(statement)).new_table().cloned());
    }
    Ok(tables)
}

/// Lints the up file of one migration of a set that creates the tables `set`.
pub(crate) fn lint_up(
    migration: &Migration,
    set: &[RelationName],
    options: LintOptions,
) -> Result<Vec<Finding>, SourceError> {
    let mut file = File::read(&migration.name, &migration.up, set)?;
    let ours = |file: &File<'_>| {
        let mut found = rules::up(file, options);
        if !migration.has_down() {
            found.push(rules::missing_down(file));
        }
        found
    };
    Ok(findings(&mut file, false, ours, options))
}

/// To drop is what a down file is for, so only its syntax and its transactions are looked at.
fn lint_down(name: &Name, script: &Script) -> Result<Vec<Finding>, SourceError> {
    let mut file = File::read(name, script, &[])?;
    Ok(findings(&mut file, true, rules::transaction_control, LintOptions::default()))
}

fn findings(
    file: &mut File<'_>,
    syntax_only: bool,
    rules: impl Fn(&File<'_>) -> Vec<Found>,
    options: LintOptions,
) -> Vec<Finding> {
    let in_transaction = !file.script.directives.no_transaction;
    let text = file.parseable();
    let (linted, ignored) = squawk::lint(&text, Options { in_transaction, syntax_only });
    file.ignored = ignored;
    let ours = rules(file).into_iter().filter(|found| !is_ignored(file, found));
    let mut findings: Vec<Finding> = ours.map(|found| ours_in(file, found)).collect();
    let theirs = linted.into_iter().filter_map(|it| theirs_in(file, it, options));
    let theirs: Vec<Finding> = theirs.filter(|it| !says_the_same(&findings, it)).collect();
    findings.extend(theirs);
    findings.sort_by_key(|finding| finding.position);
    findings
}

/// A squawk-ignore comment covers the line after it, as squawk has it, and the statement after it.
fn is_ignored(file: &File<'_>, found: &Found) -> bool {
    let lines: Vec<usize> = std::iter::once(found.offset)
        .chain(found.statement.map(|index| file.offset(index, 0)))
        .map(|offset| file.position(offset).line)
        .collect();
    file.ignored.any(&treatment::aliases(found.rule), |comment| {
        let line = file.position(comment).line;
        lines.iter().any(|at| *at == line || *at == line + 1)
    })
}

fn ours_in(file: &File<'_>, found: Found) -> Finding {
    Finding {
        rule: found.rule.to_owned(),
        severity: found.severity,
        file: file.script.file.clone(),
        position: file.position(found.offset),
        end: found.statement.map(|index| file.position(file.statements[index].range.end)),
        message: found.message,
        help: Some(found.help),
        migration: file.migration.clone(),
        statement: found.statement.map_or(0, |index| index + 1),
    }
}

fn theirs_in(file: &File<'_>, linted: Linted, options: LintOptions) -> Option<Finding> {
    let statement = file.statement_at(linted.range.start);
    let severity = match &linted.rule {
        // The parser may lag behind PostgreSQL, which has the last word.
        None => Severity::Warning,
        Some(rule) if is_our_name(rule, &linted.message) => return None,
        Some(rule) => match treatment::treatment(rule) {
            Treatment::Always(severity) => severity,
            Treatment::Existing(severity) => {
                let new = statement.is_some_and(|index| file.touches_only_new(index));
                (!new).then_some(severity)?
            }
            Treatment::OtherRunner => options.other_runner.then_some(Severity::Warning)?,
            Treatment::Ours(_) | Treatment::Dropped => return None,
        },
    };
    // squawk's node may begin in the comment that stands before the statement.
    let start = statement
        .map(|index| file.statements[index].range.start)
        .filter(|start| *start < linted.range.end)
        .map_or(linted.range.start, |start| start.max(linted.range.start));
    Some(Finding {
        rule: linted.rule.unwrap_or_else(|| "syntax-error".to_owned()),
        severity,
        file: file.script.file.clone(),
        position: file.position(start),
        end: (linted.range.end > start).then(|| file.position(linted.range.end)),
        message: linted.message,
        help: linted.help,
        migration: file.migration.clone(),
        statement: statement.map_or(0, |index| index + 1),
    })
}

/// squawk calls the names of our rules in its comments unknown.
fn is_our_name(rule: &str, message: &str) -> bool {
    const OURS: &[&str] = &[
        "foreign-key-without-budget",
        "index-not-concurrent",
        "concurrently-in-transaction",
        "never-in-transaction",
        "missing-down",
        "not-rerunnable",
        "transaction-control",
        "syntax-error",
    ];
    rule == "unused-ignore" && OURS.iter().any(|ours| message.ends_with(ours))
}

/// A foreign key that ours speaks of is also a constraint without NOT VALID to squawk.
fn says_the_same(ours: &[Finding], theirs: &Finding) -> bool {
    theirs.rule == "constraint-missing-not-valid"
        && ours.iter().any(|finding| {
            finding.rule == "foreign-key-without-budget" && finding.statement == theirs.statement
        })
}
