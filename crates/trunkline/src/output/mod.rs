//! Everything that is printed: one printer for people, one JSON document for programs.

mod lines;
mod source_error;
mod written;

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::Serialize;
use trunkline_migrate::ExitStatus;

pub(crate) use lines::Lines;
pub(crate) use written::Written;

use crate::failure::Failure;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON document on standard output
    Json,
    /// A header and a line a row, for the commands that say so
    #[value(hide = true)]
    Csv,
}

/// Where a command's result goes.
pub(crate) struct Printer {
    format: Format,
    /// A line about a migration has no end yet.
    open_line: Arc<AtomicBool>,
    written: Arc<Written>,
    /// The folder that `migrate` works with, as a shell reads it.
    folder: OnceLock<String>,
}

impl Printer {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, open_line: Arc::default(), written: Arc::default(), folder: OnceLock::new() }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether people read it.
    pub(crate) fn is_human(&self) -> bool {
        self.format == Format::Human
    }

    /// Makes the commands that messages tell to run work with the same folder as this one.
    pub(crate) fn set_folder(&self, folder: &Path) {
        let path = folder.display().to_string();
        let plain = path.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
        let quoted = if plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) };
        let _ = self.folder.set(quoted);
    }

    fn with_folder(&self, text: &str) -> String {
        const COMMAND: &str = "trunkline migrate ";
        match self.folder.get() {
            Some(folder) => text.replace(COMMAND, &format!("{COMMAND}--source {folder} ")),
            None => text.to_owned(),
        }
    }

    /// A line of the result for people; nothing in JSON.
    pub(crate) fn line(&self, text: impl std::fmt::Display) {
        if self.is_human() {
            let text = self.with_folder(&text.to_string());
            self.written.note(writeln!(anstream::stdout(), "{text}"));
        }
    }

    /// The result as JSON; nothing for people.
    pub(crate) fn document(&self, document: &impl Serialize) {
        if self.is_json() {
            let text = serde_json::to_string_pretty(document).unwrap_or_default();
            self.written.note(writeln!(std::io::stdout(), "{text}"));
        }
    }

    /// The result as CSV (RFC 4180); nothing in other formats.
    pub(crate) fn csv(&self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        if self.format != Format::Csv {
            return;
        }
        let quoted = |field: &String| {
            if field.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", field.replace('"', "\"\""))
            } else {
                field.clone()
            }
        };
        let mut out = std::io::stdout().lock();
        self.written.note(write!(out, "{}\r\n", header.join(",")));
        for row in rows {
            let fields: Vec<String> = row.iter().map(quoted).collect();
            self.written.note(write!(out, "{}\r\n", fields.join(",")));
        }
    }

    /// A table for people, its columns aligned and without lines.
    pub(crate) fn table(&self, header: &[&str], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if !header.is_empty() {
            table.set_header(header.iter().copied());
        }
        for row in rows {
            table.add_row(row);
        }
        for line in table.to_string().lines() {
            self.line(format_args!("  {}", line.trim_end()));
        }
    }

    /// Says why a command ended and returns its exit status.
    pub(crate) fn failure(&self, failure: &Failure) -> ExitStatus {
        let status = failure.status();
        let hint = failure.hint().map(|hint| self.with_folder(&hint));
        self.end_line();
        if self.is_json() {
            let statement = match failure {
                Failure::Migrate(trunkline_migrate::Error::Statement(statement)) => {
                    Some(statement.as_ref())
                }
                _ => None,
            };
            self.document(&serde_json::json!({
                "error": {
                    "kind": failure.kind(),
                    "message": failure.to_string(),
                    "hint": hint,
                    "exit_status": status as u8,
                    "statement": statement,
                }
            }));
            return status;
        }
        let mut err = anstream::stderr();
        let text = match failure {
            Failure::Migrate(trunkline_migrate::Error::Statement(statement)) => {
                source_error::render(statement)
            }
            other => other.to_string(),
        };
        let _ = writeln!(err, "{ERROR}error:{ERROR:#} {text}");
        for hint in hint.iter().flat_map(|hint| hint.lines()) {
            let _ = writeln!(err, "{HINT}hint:{HINT:#} {hint}");
        }
        status
    }

    /// The exit status of a command that ended with `status`, once all is written.
    pub(crate) fn finish(&self, status: ExitStatus) -> ExitStatus {
        self.written.note(std::io::stdout().flush());
        let Some(reason) = self.written.failure() else { return status };
        let mut err = anstream::stderr();
        let _ = writeln!(err, "{ERROR}error:{ERROR:#} cannot write the output: {reason}");
        let _ = writeln!(err, "{HINT}hint:{HINT:#} {}", written::HINT);
        if status == ExitStatus::Done { ExitStatus::Failed } else { status }
    }

    /// Ends the line of a migration that did not come to its end.
    fn end_line(&self) {
        if !self.open_line.swap(false, Ordering::Relaxed) {
            return;
        }
        let end = format_args!("{ERROR}{:>9}{ERROR:#}", "failed");
        let _ = if self.is_json() {
            writeln!(anstream::stderr(), "{end}")
        } else {
            writeln!(anstream::stdout(), "{end}")
        };
    }
}

/// A duration as people read it.
pub(crate) fn duration(elapsed: std::time::Duration) -> String {
    let milliseconds = elapsed.as_millis();
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{:.1} s", elapsed.as_secs_f64()),
        _ => format!("{} min {} s", elapsed.as_secs() / 60, elapsed.as_secs() % 60),
    }
}

/// `1 migration`, `2 migrations`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A time in UTC to the second.
pub(crate) fn time(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
