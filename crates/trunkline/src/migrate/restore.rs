use clap::Args;
use trunkline_migrate::{Archive, ExitStatus};

use super::Session;
use crate::failure::Failure;
use crate::output::{GOOD, Printer, count, time};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The archive to bring back; without it they are listed
    archive: Option<String>,
}

pub(super) async fn run(session: Session<'_>, arguments: Arguments) -> Result<ExitStatus, Failure> {
    let printer = session.printer;
    let Some(name) = arguments.archive else {
        let archives = session.migrator.archives().await?;
        list(printer, &archives);
        return Ok(ExitStatus::Done);
    };
    let report = session.migrator.restore(&name, session.observer()).await?;
    printer.document(&report);
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} brought back {} and {}.",
        count(report.archive.tables.len(), "table"),
        count(report.archive.migrations.len(), "migration"),
    ));
    printer.line("Check it: trunkline migrate verify");
    Ok(ExitStatus::Done)
}

fn list(printer: &Printer, archives: &[Archive]) {
    printer.document(&serde_json::json!({ "archives": archives }));
    if archives.is_empty() {
        printer.line("There are no archives: no revert had to move a table aside.");
        return;
    }
    let rows = archives.iter().map(|archive| {
        let rows: i64 = archive.tables.iter().map(|table| table.rows).sum();
        let about = if archive.tables.iter().all(|table| table.exact) { "" } else { "about " };
        vec![
            archive.name.clone(),
            time(archive.created_at),
            archive.tables.len().to_string(),
            format!("{about}{rows}"),
            match (archive.restored_at, &archive.gone) {
                (Some(at), _) => format!("back since {}", time(at)),
                (None, Some(table)) => format!("gone: {table} was dropped"),
                (None, None) => "kept".to_owned(),
            },
        ]
    });
    printer.table(&["archive", "made", "tables", "rows", ""], rows.collect());
}
