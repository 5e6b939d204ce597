use std::path::PathBuf;

use clap::Args;
use trunkline_migrate::ExitStatus;
use trunkline_migrate::lint::{Finding, LintOptions, Severity, lint};
use trunkline_migrate::source::Source;

use super::Common;
use crate::failure::Failure;
use crate::output::{ERROR, GOOD, HINT, Printer, QUIET, WARNING, count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folders or single files; without them --source, else the embedded set
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Another runner than ours applies the files, so that nobody sets a lock timeout for them
    #[arg(long)]
    other_runner: bool,
    /// End with status 3 on warnings too, not on errors alone
    #[arg(long)]
    check: bool,
}

pub(super) fn run(
    common: &Common,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let options = LintOptions { other_runner: arguments.other_runner };
    let mut findings = Vec::new();
    if arguments.paths.is_empty() {
        findings.extend(lint(&common.source()?, &options)?);
    }
    for path in &arguments.paths {
        for finding in lint(&Source::open(path)?, &options)? {
            // An up and its down file may both be named, and each brings the other.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    printer.document(&serde_json::json!({ "findings": findings }));
    for finding in &findings {
        print(printer, finding);
    }
    let grave = |least| findings.iter().filter(|finding| finding.severity >= least).count();
    let (errors, warnings) = (grave(Severity::Error), grave(Severity::Warning));
    if findings.is_empty() {
        printer.line(format_args!("{GOOD}Nothing found.{GOOD:#}"));
    } else {
        printer.line(format_args!(
            "{}, {}, {} in all.",
            count(errors, "error"),
            count(warnings - errors, "warning"),
            count(findings.len(), "finding")
        ));
    }
    let counted = if arguments.check { warnings } else { errors };
    Ok(if counted > 0 { ExitStatus::Differences } else { ExitStatus::Done })
}

fn print(printer: &Printer, finding: &Finding) {
    let (style, word) = match finding.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
        Severity::Info => (QUIET, "info"),
    };
    let Finding { file, position, rule, message, .. } = finding;
    printer.line(format_args!("{file}:{position}: {style}{word}[{rule}]{style:#} {message}"));
    if let Some(help) = &finding.help {
        printer.line(format_args!("  {HINT}help:{HINT:#} {help}"));
    }
}
