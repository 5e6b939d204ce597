use clap::Args;
use trunkline_migrate::{CATALOG_FILE, ExitStatus};

use super::Session;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Arguments {}

pub(super) async fn run(session: Session<'_>) -> Result<ExitStatus, Failure> {
    let Some(folder) = session.migrator.source()?.path() else {
        return Err(Failure::usage(
            "the embedded set carries its catalogue already",
            "give the folder of migrations: --source DIR",
        ));
    };
    let path = folder.join(CATALOG_FILE);
    let text = session.migrator.record().await?.to_json()?;
    std::fs::write(&path, text).map_err(|error| {
        Failure::failed(
            format!("cannot write {}: {error}", path.display()),
            "check that the folder may be written",
        )
    })?;
    session.printer.document(&serde_json::json!({ "written": path }));
    session.printer.line(format_args!("wrote {}", path.display()));
    Ok(ExitStatus::Done)
}
