use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::secrets::Rewrite;

use super::Session;
use super::report::{self, State};
use super::rewriting::{Batches, rewrite};
use crate::failure::Failure;
use crate::output::{GOOD, WARNING};

pub(super) async fn run(
    mut session: Session<'_>,
    ring: &KeyRing,
    batches: &Batches,
) -> Result<ExitStatus, Failure> {
    let before = session.count_with(ring).await?;
    let older = report::total(&before, Some(ring), State::Older);
    let done = rewrite(&mut session, ring, Rewrite::Older, batches, older).await?;

    // Counted again rather than reckoned: this is the proof.
    let counts = session.count().await?;
    let total = |state| report::total(&counts, Some(ring), state);
    let left = total(State::Older) + total(State::Missing) + total(State::Malformed);
    let printer = session.printer;
    printer.document(&serde_json::json!({
        "active": ring.active().to_string(),
        "re_encrypted": done.written,
        "left": left,
        "unopened": report::unopened(&done.unopened),
        "columns": report::lines(&counts, Some(ring)),
    }));
    report::print(printer, &counts, Some(ring));
    report::print_unopened(printer, &done.unopened);
    let plaintext = total(State::Plaintext);
    if plaintext > 0 {
        let secrets = report::secrets(plaintext);
        printer.line(format_args!("Not encrypted: {secrets}. trunkline keys encrypt-existing"));
    }
    let (secrets, active) = (report::secrets(done.written), ring.active());
    if left > 0 {
        printer.line(format_args!(
            "{WARNING}Not done:{WARNING:#} re-encrypted {secrets}; {} left that {active} does not seal. Keep \
             the other keys, enter anew what does not open or is malformed, and run it again",
            report::secrets(left)
        ));
        return Ok(ExitStatus::Differences);
    }
    session.keep_only(ring, &counts).await?;
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} re-encrypted {secrets}; nothing is left under another key than {active}."
    ));
    Ok(ExitStatus::Done)
}
