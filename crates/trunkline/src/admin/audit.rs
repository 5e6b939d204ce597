//! `trunkline admin audit …`: whether the audit log is as it was written.

use std::io::IsTerminal;

use clap::Subcommand;
use trunkline_migrate::ExitStatus;
use trunkline_store::audit_log::{AuditChain, AuditFault, verify_audit_chain};
use trunkline_store::{Store, StoreError};

use crate::failure::Failure;
use crate::output::{ERROR, GOOD, Printer, QUIET, count};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Recompute the hash of every row, and look for rows that are missing; ends with 3 if any is
    Verify {
        /// So many rows a query
        #[arg(long, default_value_t = 5000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        batch: u32,
    },
}

pub(super) async fn run(
    store: &Store,
    command: &Command,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let Command::Verify { batch } = command;
    let shown = std::io::stderr().is_terminal() && !printer.is_json();
    let progress = |rows: u64| {
        if shown {
            eprint!("\r\x1b[K{rows} rows");
        }
    };
    let chain = verify(store, *batch, progress).await;
    if shown {
        eprint!("\r\x1b[K");
    }
    let chain = chain.map_err(|error| Failure::failed(error.to_string(), error.hint()))?;
    printer.document(&chain);
    print(printer, &chain);
    Ok(if chain.is_whole() { ExitStatus::Done } else { ExitStatus::Differences })
}

async fn verify(
    store: &Store,
    batch: u32,
    progress: impl FnMut(u64),
) -> Result<AuditChain, StoreError> {
    let connection = store.connection().await?;
    verify_audit_chain(connection.executor(), batch, progress).await
}

fn print(printer: &Printer, chain: &AuditChain) {
    let rows = count(usize::try_from(chain.rows).unwrap_or(usize::MAX), "row");
    match chain.first_fault {
        None => {
            printer.line(format_args!("{GOOD}The audit log is as it was written:{GOOD:#} {rows}."));
        }
        Some(fault) => {
            let first = match fault {
                AuditFault::Missing { id } => format!("row {id} is not there"),
                AuditFault::Altered { id } => format!(
                    "row {id} does not carry the hash of its content and of the row before: \
                     it was altered or put in, or the row before was"
                ),
            };
            printer.line(format_args!("{ERROR}The audit log was tampered with:{ERROR:#} {first}."));
            printer.line(format_args!(
                "{rows} are there, {} missing, {} with a wrong hash.",
                chain.missing, chain.altered
            ));
        }
    }
    if let Some((id, hash)) = &chain.last {
        printer.line(format_args!("{QUIET}last row {id}, hash {hash}{QUIET:#}"));
        printer.line(format_args!(
            "{QUIET}(what is cut off at the end shows only to who kept these two){QUIET:#}"
        ));
    }
}
