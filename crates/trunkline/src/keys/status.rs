use clap::Args;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::secrets::SecretCount;

use super::Session;
use super::report::{self, State};
use crate::failure::Failure;
use crate::output::{GOOD, Printer, WARNING};

#[derive(Args)]
pub(crate) struct Arguments {
    /// End with status 3 unless every secret is sealed under the active key
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(
    session: Session<'_>,
    ring: Option<&KeyRing>,
    arguments: &Arguments,
) -> Result<ExitStatus, Failure> {
    let counts = session.count().await?;
    let unopened = match ring {
        Some(ring) => session.unopened(ring).await?,
        None => Vec::new(),
    };
    let counted = report::missing(&counts, ring);
    let is_counted = |key: &String| counted.iter().any(|(id, _)| id.to_string() == *key);
    let unused: Vec<_> = unopened.into_iter().filter(|key| !is_counted(key)).collect();
    let current = unused.is_empty() && is_current(&counts, ring);
    let ids: Vec<_> = ring.into_iter().flat_map(KeyRing::ids).map(|id| id.to_string()).collect();
    let printer = session.printer;
    printer.document(&serde_json::json!({
        "database": session.connection.target.to_string(),
        "active": ids.first(),
        "older": ids.get(1..).unwrap_or_default(),
        "current": current,
        "unused": unused,
        "columns": report::lines(&counts, ring),
    }));
    printer.line(format_args!("Secrets on {}", session.connection.target));
    printer.line(match ids.split_first() {
        Some((active, [])) => format!("Key {active} is active."),
        Some((active, older)) => format!("Key {active} is active, older: {}.", older.join(", ")),
        None => "There are no keys.".to_owned(),
    });
    report::print(printer, &counts, ring);
    print_next_steps(printer, &counts, ring);
    for key in &unused {
        printer.line(format_args!(
            "{WARNING}Not in the key ring:{WARNING:#} key {key}, with which a process worked here and under which nothing \
             stands. trunkline keys rotate forgets it; until then the service does not start"
        ));
    }
    let differs = arguments.check && !current;
    Ok(if differs { ExitStatus::Differences } else { ExitStatus::Done })
}

fn is_current(counts: &[SecretCount], ring: Option<&KeyRing>) -> bool {
    report::lines(counts, ring).len() == active_lines(counts, ring)
}

fn active_lines(counts: &[SecretCount], ring: Option<&KeyRing>) -> usize {
    counts.iter().filter(|count| State::of(count.under, ring) == State::Active).count()
}

fn print_next_steps(printer: &Printer, counts: &[SecretCount], ring: Option<&KeyRing>) {
    let total = |state| report::total(counts, ring, state);
    let missing = report::missing(counts, ring);
    if !missing.is_empty() {
        printer.line(format_args!(
            "{WARNING}Cannot be opened:{WARNING:#} {}. Put that key back: a further line of the key file",
            report::told(&missing)
        ));
    }
    if total(State::Malformed) > 0 {
        let secrets = report::secrets(total(State::Malformed));
        printer.line(format_args!(
            "{WARNING}Malformed:{WARNING:#} {secrets}, cut short or made by a newer release. Enter them anew"
        ));
    }
    if ring.is_none() && missing.is_empty() {
        printer.line("Make a key: trunkline keys generate");
    }
    if total(State::Plaintext) > 0 {
        let secrets = report::secrets(total(State::Plaintext));
        printer.line(format_args!("Not encrypted: {secrets}. trunkline keys encrypt-existing"));
    }
    if total(State::Older) > 0 {
        let secrets = report::secrets(total(State::Older));
        printer.line(format_args!("Under an older key: {secrets}. trunkline keys rotate"));
    }
    if counts.is_empty() {
        printer.line("There are no secrets yet.");
    } else if is_current(counts, ring) {
        printer.line(format_args!("{GOOD}Every secret is sealed under the active key.{GOOD:#}"));
    }
}
