use clap::Args;
use trunkline_migrate::ExitStatus;

use super::Session;
use crate::failure::Failure;
use crate::output::time;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Of this migration alone, by name or by the start of the name
    name: Option<String>,
    /// So many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(super) async fn run(
    session: Session<'_>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let limit = i64::from(arguments.limit);
    let history = session.migrator.history(arguments.name.as_deref(), limit).await?;
    let printer = session.printer;
    printer.document(&serde_json::json!({ "history": history }));
    if history.is_empty() {
        printer.line("Nothing was done yet.");
        return Ok(ExitStatus::Done);
    }
    let rows = history.iter().map(|entry| {
        let step = match (entry.statement, entry.of) {
            (Some(statement), Some(of)) => format!("{} {statement}/{of}", entry.state),
            _ => entry.state.clone(),
        };
        vec![
            time(entry.started_at),
            entry.direction.clone(),
            entry.migration.to_string(),
            step,
            entry.duration_ms.map_or_else(String::new, |ms| format!("{ms} ms")),
            format!("{} ({}@{})", entry.db_user, entry.os_user, entry.host),
            entry.error.clone().unwrap_or_default(),
        ]
    });
    printer.table(&["when", "what", "migration", "state", "took", "who", ""], rows.collect());
    Ok(ExitStatus::Done)
}
