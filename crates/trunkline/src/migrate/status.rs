use clap::Args;
use trunkline_migrate::{ExitStatus, MigrationState, MigrationStatus, Origin, Status};

use super::Session;
use crate::failure::Failure;
use crate::output::{ERROR, GOOD, Printer, QUIET, WARNING, count, time};

#[derive(Args)]
pub(crate) struct Arguments {
    /// End with status 3 unless everything is applied and unchanged
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(
    session: Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let status = session.migrator.status().await?;
    session.printer.document(&status);
    print(session.printer, &status);
    let differs = arguments.check && !status.is_current();
    Ok(if differs { ExitStatus::Differences } else { ExitStatus::Done })
}

fn print(printer: &Printer, status: &Status) {
    printer.line(format_args!("{} migrations on {}", status.source, status.database));
    let rows = status.migrations.iter().map(|migration| {
        vec![
            migration.migration.to_string(),
            word(migration),
            migration.applied_at.map(time).unwrap_or_default(),
            if migration.reversible { String::new() } else { "no down script".to_owned() },
        ]
    });
    printer.table(&["migration", "state", "since", ""], rows.collect());
    for migration in &status.migrations {
        if let Some(error) = &migration.last_error {
            let name = &migration.migration;
            printer.line(format_args!("{ERROR}last failure of {name}:{ERROR:#} {error}"));
        }
        for line in migration.difference.iter().flat_map(|text| text.lines()) {
            printer.line(format_args!("  {QUIET}{line}{QUIET:#}"));
        }
    }
    printer.line(next_step(status));
}

fn word(status: &MigrationStatus) -> String {
    match status.state {
        MigrationState::Applied => match status.origin {
            Some(Origin::Platform) => "applied by the platform's runner".to_owned(),
            Some(Origin::Adopted) => "adopted".to_owned(),
            _ => "applied".to_owned(),
        },
        MigrationState::Pending => "pending".to_owned(),
        MigrationState::OutOfOrder => "pending, out of order".to_owned(),
        MigrationState::AppliedByPlatform => {
            "applied by the platform's runner, not recorded".to_owned()
        }
        MigrationState::Changed => "changed since applied".to_owned(),
        MigrationState::MissingFile => "applied, file missing".to_owned(),
        MigrationState::HalfWay => {
            let (done, of) = status.progress.unwrap_or_default();
            format!("half-way: {done} of {of} statements")
        }
    }
}

fn next_step(status: &Status) -> String {
    let having = |state| status.migrations.iter().filter(|row| row.state == state).count();
    let changed = having(MigrationState::Changed);
    let missing = having(MigrationState::MissingFile);
    let pending = having(MigrationState::Pending)
        + having(MigrationState::OutOfOrder)
        + having(MigrationState::HalfWay);
    if changed > 0 {
        let files = count(changed, "file");
        return format!(
            "{WARNING}{files} changed since applied.{WARNING:#} Put it back, or accept it: trunkline migrate repair"
        );
    }
    let stuck = status
        .migrations
        .iter()
        .find(|row| row.state == MigrationState::MissingFile && !row.reversible);
    if let Some(stuck) = stuck {
        return format!(
            "{WARNING}The database is ahead of this set.{WARNING:#} Use the newer binary: nothing here takes {} back.",
            stuck.migration
        );
    }
    if missing > 0 {
        return format!(
            "{WARNING}The database is ahead of this set.{WARNING:#} Use the newer binary, or: trunkline migrate down --steps {missing}"
        );
    }
    if pending > 0 {
        return format!("{} to do: trunkline migrate up", count(pending, "migration"));
    }
    let recorded = match having(MigrationState::AppliedByPlatform) {
        0 => "",
        _ => " The next `trunkline migrate up` records what the platform's runner applied.",
    };
    format!("{GOOD}Everything is applied.{GOOD:#}{recorded}")
}
