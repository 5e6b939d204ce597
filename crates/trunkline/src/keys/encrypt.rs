use clap::Args;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::secrets::Rewrite;

use super::Session;
use super::report::{self, State};
use super::rewriting::{Batches, rewrite};
use crate::failure::Failure;
use crate::output::{GOOD, WARNING};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only count what would be encrypted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    batches: Batches,
}

pub(super) async fn run(
    mut session: Session<'_>,
    ring: &KeyRing,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let mut counts = session.count_with(ring).await?;
    let found = report::total(&counts, Some(ring), State::Plaintext);
    let mut encrypted = 0;
    if !arguments.dry_run {
        let done =
            rewrite(&mut session, ring, Rewrite::Plaintext, &arguments.batches, found).await?;
        session.register(ring).await?;
        encrypted = done.written;
        counts = session.count().await?;
    }
    let left = report::total(&counts, Some(ring), State::Plaintext);
    let printer = session.printer;
    printer.document(&serde_json::json!({
        "dry_run": arguments.dry_run,
        "active": ring.active().to_string(),
        "found": found,
        "encrypted": encrypted,
        "left": left,
        "columns": report::lines(&counts, Some(ring)),
    }));
    report::print(printer, &counts, Some(ring));
    let (secrets, active) = (report::secrets(encrypted), ring.active());
    if arguments.dry_run {
        let found = report::secrets(found);
        printer
            .line(format_args!("Would encrypt {found} under key {active}; nothing was changed."));
        return Ok(ExitStatus::Done);
    }
    if left > 0 {
        printer.line(format_args!(
            "{WARNING}Not done:{WARNING:#} encrypted {secrets}; {} left, which somebody has locked or \
             wrote just now. Run it again",
            report::secrets(left)
        ));
        return Ok(ExitStatus::Differences);
    }
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} encrypted {secrets} under key {active}; no plaintext is left."
    ));
    Ok(ExitStatus::Done)
}
