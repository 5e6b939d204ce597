//! `trunkline backup`: the tables in files that `pg_dump` writes, with a manifest of what they hold.

mod dump;
mod folder;
mod make;
mod manifest;
mod progress;
mod stored;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use trunkline_migrate::{Error, ExitStatus};
use trunkline_store::StoreError;
use trunkline_store::backup::{Extent, Lacking, Server};

pub(crate) use make::{Made, Making};
pub(crate) use manifest::Manifest;
pub(crate) use progress::Progress;
pub(crate) use stored::Stored;

use crate::config::Config;
use crate::connection::{Connection, cluster_options};
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{GOOD, Printer, WARNING};
use crate::{interrupt, keys, migrate, restore};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder that backups are kept in; each is a folder in it, named by database and time
    directory: PathBuf,
    /// Everything in the database, the platform's tables too
    #[arg(long)]
    whole_database: bool,
    /// Restore it into a scratch database on the same server, compare counts and checksums, and drop that
    #[arg(long)]
    verify: bool,
    /// How long to wait for a table that somebody alters
    #[arg(long, default_value = "60s", value_parser = migrate::span, value_name = "TIME")]
    lock_timeout: Duration,
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let connection = Connection::open(global).await?;
    let options = cluster_options(global, &Config::load(global)?);
    let interrupt = interrupt::listen();
    let extent = if arguments.whole_database { Extent::WholeDatabase } else { Extent::Partner };
    if arguments.verify {
        // Not after an hour of dumping.
        let client = connection.target.client_of("trunkline backup").await?;
        let server = Server::inspect(&client).await.map_err(|error| store(&error))?;
        restore::scratch::refuse(&server)?;
    }
    let making = Making {
        target: &connection.target,
        options: &options,
        directory: &arguments.directory,
        extent,
        lock_timeout: arguments.lock_timeout,
        interrupt: &interrupt,
        printer,
    };
    let Some(made) = making.run().await? else {
        return Err(Failure::failed(
            format!(
                "there is nothing to back up in {}: none of the tables is there",
                connection.target
            ),
            match extent {
                Extent::Partner => {
                    "make them: trunkline migrate up; or back up everything: --whole-database"
                }
                Extent::WholeDatabase => "give the address of another database",
            },
        ));
    };
    tell(printer, &made);
    if arguments.verify {
        let stored = Stored::find(&made.folder)?;
        restore::scratch::verify(&connection.target, &options, &stored, &interrupt, printer)
            .await
            .map_err(not_verified)?;
        printer.line("It was restored into a scratch database: every count and checksum agrees.");
    }
    printer.document(&serde_json::json!({
        "backup": made.folder,
        "manifest": made.manifest,
        "verified": arguments.verify,
    }));
    Ok(ExitStatus::Done)
}

/// A backup that was made stays, also where it was asked to stop.
fn not_verified(failure: Failure) -> Failure {
    match failure {
        Failure::Migrate(Error::Interrupted { .. }) => Failure::Migrate(Error::Interrupted {
            migration: None,
            left: "the backup stands and was not verified: trunkline restore FOLDER --scratch",
        }),
        other => other,
    }
}

/// What was made, in lines.
pub(crate) fn tell(printer: &Printer, made: &Made) {
    let Manifest { tables, files, key_ids, plaintext_secrets, .. } = &made.manifest;
    let rows: i64 = tables.iter().map(|contents| contents.rows).sum();
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    printer.line(format_args!(
        "{GOOD}Backed up:{GOOD:#} {rows} rows of {} tables, {}, in {}",
        tables.len(),
        progress::size(bytes),
        made.folder.display()
    ));
    if !key_ids.is_empty() {
        let keys = key_ids.join(", ");
        printer
            .line(format_args!("Its secrets open with the key {keys}; keep that apart from it."));
    }
    if *plaintext_secrets > 0 {
        printer.line(format_args!(
            "{WARNING}warning:{WARNING:#} {plaintext_secrets} secrets in it are plaintext: trunkline keys encrypt-existing"
        ));
    }
}

/// What is missing, as the end of a command that has touched nothing.
pub(crate) fn refused(what: &str, lacking: &[Lacking]) -> Failure {
    let lines: Vec<String> = lacking.iter().map(|it| format!("- {}", it.what)).collect();
    let mut hints: Vec<&str> = lacking.iter().map(|it| it.hint.as_str()).collect();
    hints.dedup();
    Failure::Other {
        message: format!("{what}:\n{}", lines.join("\n")),
        hint: Some(hints.join("\n")),
        status: ExitStatus::Preflight,
    }
}

/// What went wrong at the database; a table that is locked is no failure of anyone.
pub(crate) fn store(error: &StoreError) -> Failure {
    match error {
        StoreError::Query { code: Some(code), .. } if code == "55P03" => Failure::Other {
            message: error.to_string(),
            hint: Some("somebody alters a table; try again when that is done".to_owned()),
            status: ExitStatus::Blocked,
        },
        StoreError::Query { code: Some(code), .. } if code == "40001" => {
            Failure::failed(error.to_string(), CONFLICT)
        }
        _ => keys::store(error),
    }
}

/// What to do where a standby ends a long reading.
pub(crate) const CONFLICT: &str = "a standby ends readings that hold its replay up: set hot_standby_feedback = on or \
    max_standby_streaming_delay = -1 there, or back up the primary";

/// The last lines that a program of PostgreSQL's wrote to standard error.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
