use askama::Template;
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_migrate::UpRequest;
use trunkline_migrate::plan::{
    Blocks, LockTaken, Plan, PlannedMigration, PlannedStatement, Reversible,
};

use super::recent::Recent;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "migrations/plan.html")]
struct PlanPage {
    frame: Frame,
    /// What `up` would be refused for as things are: a sentence, and what to do.
    problems: Vec<(String, String)>,
    migrations: Vec<Planned>,
}

struct Planned {
    name: String,
    lead: String,
    statements: Vec<Statement>,
}

struct Statement {
    sql: String,
    effects: Vec<(&'static str, String)>,
}

impl From<&PlannedMigration> for Planned {
    fn from(migration: &PlannedMigration) -> Self {
        let how = if migration.transactional {
            "In one transaction"
        } else {
            "Statement by statement, without a transaction"
        };
        let back = if migration.down { "can be taken back" } else { "has no down script" };
        Self {
            name: migration.name.to_string(),
            lead: format!("{how}; {back}."),
            statements: migration.statements.iter().map(Statement::from).collect(),
        }
    }
}

impl From<&PlannedStatement> for Statement {
    fn from(statement: &PlannedStatement) -> Self {
        let mut effects = Vec::new();
        if let Some(why) = &statement.skipped {
            effects.push(("off", format!("Nothing happens: {why}")));
        }
        effects.extend(statement.locks.iter().map(describe_lock));
        let rewrites = statement.rewrites.iter();
        effects
            .extend(rewrites.map(|table| ("warn", format!("Writes every row of {table} again"))));
        let scans = statement.scans.iter();
        effects.extend(
            scans.map(|scan| ("info", format!("Reads all of {}: {}", scan.relation, scan.why))),
        );
        if statement.reversible == Reversible::LosesData {
            effects.push(("warn", "Taking it back loses values".to_owned()));
        }
        effects.extend(statement.note.iter().map(|note| ("info", note.clone())));
        let findings = statement.findings.iter();
        effects.extend(findings.map(|finding| ("warn", finding.message.clone())));
        Self { sql: statement.sql.clone(), effects }
    }
}

fn describe_lock(lock: &LockTaken) -> (&'static str, String) {
    let (tone, blocks) = match lock.blocks {
        Blocks::Nothing => ("good", "nothing"),
        Blocks::SchemaChanges => ("good", "schema changes"),
        Blocks::Writes => ("warn", "writes"),
        Blocks::ReadsAndWrites => ("warn", "reads and writes"),
        Blocks::Unknown => ("info", "what cannot be told in advance"),
    };
    let text = format!(
        "Locks {} (about {} rows, {}): blocks {blocks}",
        lock.relation,
        lock.existing_rows,
        size(lock.size_bytes)
    );
    (tone, text)
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes / 1_048_576),
        _ => format!("{} GiB", bytes / 1_073_741_824),
    }
}

/// What `trunkline migrate up` would do now.
pub(super) async fn plan(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Extension(recent): Extension<Recent<Plan>>,
) -> Result<Page<impl Template>, PageProblem> {
    let plan = recent.get(&state, state.migrator.plan(&UpRequest::default())).await?;
    let problems = plan.problems.iter();
    Ok(Page(PlanPage {
        frame: administrator.frame(&headers, Section::Migrations),
        problems: problems.map(|problem| (problem.what.clone(), problem.hint.clone())).collect(),
        migrations: plan.migrations.iter().map(Planned::from).collect(),
    }))
}
