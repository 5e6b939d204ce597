//! `trunkline doctor`: everything that the service needs, looked at in order; it writes nothing unless told to repair.

mod database;
mod issuer;
mod keys;
mod lists;
mod network;

use clap::Args;
use serde::Serialize;
use trunkline_migrate::ExitStatus;

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{ERROR, GOOD, HINT, Printer, WARNING, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the lists of clients and channels anew where they are not as the tables of the providers
    #[arg(long)]
    repair_lists: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

/// What was looked at, and how it is.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    detail: String,
    hint: Option<String>,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Ok, detail: detail.into(), hint: None }
    }

    fn warning(what: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what, state: State::Warning, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn failed(what: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what, state: State::Failed, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn of(what: &'static str, failure: &Failure) -> Self {
        let hint = failure.hint();
        Self { what, state: State::Failed, detail: failure.to_string(), hint }
    }
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let findings = look(global, arguments).await;
    printer.document(&serde_json::json!({ "findings": findings }));
    for finding in &findings {
        let (style, word) = match finding.state {
            State::Ok => (GOOD, "ok"),
            State::Warning => (WARNING, "warning"),
            State::Failed => (ERROR, "failed"),
        };
        let (what, detail) = (finding.what, &finding.detail);
        printer.line(format_args!("  {style}{word:<8}{style:#} {what:<14} {detail}"));
        for hint in finding.hint.iter().flat_map(|hint| hint.lines()) {
            printer.line(format_args!("  {:<8} {:<14} {HINT}->{HINT:#} {hint}", "", ""));
        }
    }
    let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
    if failed > 0 {
        printer.line(format_args!("\n{ERROR}Not ready:{ERROR:#} {}.", count(failed, "failure")));
        return Ok(ExitStatus::Failed);
    }
    printer.line(format_args!("\n{GOOD}Ready to serve.{GOOD:#}"));
    Ok(ExitStatus::Done)
}

/// Stops where what follows has nothing to stand on.
async fn look(global: &Global, arguments: &Arguments) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = match Config::load(global) {
        Ok(config) => config,
        Err(failure) => return vec![Finding::of("configuration", &failure)],
    };
    let file = Config::file(global);
    let from = file.map_or("defaults".to_owned(), |file| file.display().to_string());
    findings.push(match config.check() {
        Ok(()) => Finding::ok("configuration", from),
        Err(failure) => Finding::of("configuration", &failure),
    });
    findings.extend(network::look(&config).await);
    findings.extend(issuer::look(&config).await);
    let ring = match crate::keys::find_ring(global, &config).await {
        Ok(Some(ring)) => Some(ring),
        Ok(None) => {
            let detail = "there are none yet; the service makes them when it starts";
            findings.push(Finding::ok("keys", detail));
            None
        }
        Err(failure) => {
            findings.push(Finding::of("keys", &failure));
            None
        }
    };
    match Connection::open(global).await {
        Err(failure) => findings.push(Finding::of("database", &failure)),
        Ok(connection) => {
            let is_migrated = database::look(&connection, &mut findings).await;
            if is_migrated {
                findings.push(lists::look(&connection, arguments.repair_lists).await);
            }
            if let (true, Some(ring)) = (is_migrated, ring) {
                findings.push(keys::look(&connection, &ring).await);
            }
        }
    }
    findings
}
