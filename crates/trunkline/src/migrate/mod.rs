//! `trunkline migrate …`: one file a subcommand, each a call of the engine and its printing.

mod adopt;
mod down;
mod history;
mod lint;
mod new;
mod plan;
mod record;
mod repair;
mod restore;
mod status;
mod up;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use trunkline_migrate::source::{Reading, Source, SourceError};
use trunkline_migrate::{
    Error, ExitStatus, Interrupt, Migrator, Observer, Options, PlatformLedger,
};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::interrupt;
use crate::output::{Lines, Printer};

pub(crate) use verify::print_checks;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(Args)]
pub(crate) struct Common {
    /// A folder of migrations; without it the Partner API set that this binary carries
    #[arg(long, global = true, value_name = "DIR")]
    source: Option<PathBuf>,
    /// The folder's name in the ledger, where two folders of one name share a database
    #[arg(long, global = true, value_name = "NAME", requires = "source")]
    label: Option<String>,
    /// The ledger of the platform's own runner: auto (public.migrations), off, or a table
    #[arg(long, global = true, default_value = "auto", value_name = "TABLE")]
    platform_ledger: PlatformLedger,
    /// Replace ${NAME} in migrations by the environment's value
    #[arg(long, global = true)]
    substitute: bool,
    /// How long one lock may be waited for, and hold up others behind it
    #[arg(long, global = true, default_value = "2s", value_parser = span, value_name = "TIME")]
    lock_timeout: Duration,
    /// How long all attempts of a migration may take together
    #[arg(long, global = true, default_value = "60s", value_parser = span, value_name = "TIME")]
    lock_budget: Duration,
    /// How long to wait for another runner
    #[arg(long, global = true, default_value = "300s", value_parser = span, value_name = "TIME")]
    wait: Duration,
}

#[derive(Subcommand)]
enum Command {
    /// Apply what is pending, or only the named migrations
    Up(up::Arguments),
    /// Revert: tables that hold rows are moved to an archive, not dropped
    Down(down::Arguments),
    /// List the archives that reverts made, or bring one back
    Restore(restore::Arguments),
    /// What is applied, pending, changed or missing; writes nothing
    Status(status::Arguments),
    /// What `up` would do: locks, rewrites, scans; writes nothing
    Plan(plan::Arguments),
    /// Compare the database with what the migrations make; writes nothing
    Verify(verify::Arguments),
    /// Write catalog.json into --source DIR: what its migrations make, for `verify`
    Record(record::Arguments),
    /// Look for dangerous DDL in files; needs no database
    Lint(lint::Arguments),
    /// What was ever done, newest first
    History(history::Arguments),
    /// Write an empty migration with its down file
    New(new::Arguments),
    /// Accept changed files, or take migrations out of the ledger; runs nothing
    Repair(repair::Arguments),
    /// Record migrations as applied after verifying that the database is what they make
    Adopt(adopt::Arguments),
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let common = &arguments.common;
    if let Some(folder) = &common.source {
        printer.set_folder(folder);
    }
    match arguments.command {
        Command::Lint(arguments) => return lint::run(common, &arguments, printer),
        Command::New(arguments) => return new::run(common, &arguments, printer),
        _ => {}
    }
    let source = common.reading()?;
    let connection = Connection::open(global).await?;
    let options = common.options();
    let interrupt = options.interrupt.clone();
    let migrator = Migrator::new(source, connection.target.clone(), options);
    let session = Session { migrator: &migrator, printer, common, interrupt: &interrupt };
    let done = match arguments.command {
        Command::Up(arguments) => up::run(session, global, arguments).await,
        Command::Down(arguments) => down::run(session, arguments).await,
        Command::Restore(arguments) => restore::run(session, arguments).await,
        Command::Status(arguments) => reading(status::run(session, &arguments), &interrupt).await,
        Command::Plan(arguments) => reading(plan::run(session, &arguments), &interrupt).await,
        Command::Verify(arguments) => reading(verify::run(session, &arguments), &interrupt).await,
        Command::Record(record::Arguments {}) => record::run(session).await,
        Command::History(arguments) => reading(history::run(session, &arguments), &interrupt).await,
        Command::Repair(arguments) => repair::run(session, arguments).await,
        Command::Adopt(arguments) => adopt::run(session, arguments).await,
        Command::Lint(_) | Command::New(_) => Ok(ExitStatus::Done),
    };
    match (done, &connection.cluster) {
        (Err(failure), Some(_)) => Err(without_platform(failure)),
        (done, _) => done,
    }
}

/// The private PostgreSQL has no platform until somebody makes one there.
fn without_platform(mut failure: Failure) -> Failure {
    if let Failure::Migrate(Error::Preflight(problems)) = &mut failure
        && let Some(last) = problems.last_mut()
    {
        last.hint.push_str(
            "\nthis is the private PostgreSQL; a sample platform is made there by: \
             trunkline database sample",
        );
    }
    failure
}

/// A command that only reads: when asked to stop it has nothing to finish.
async fn reading(
    command: impl Future<Output = Result<ExitStatus, Failure>>,
    interrupt: &Interrupt,
) -> Result<ExitStatus, Failure> {
    tokio::select! {
        done = command => done,
        () = interrupt.requested() => {
            Err(Error::Interrupted { migration: None, left: "nothing was changed" }.into())
        }
    }
}

/// What a subcommand works with.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub migrator: &'a Migrator,
    pub printer: &'a Printer,
    pub common: &'a Common,
    pub interrupt: &'a Interrupt,
}

impl Session<'_> {
    /// Prints what a run does while it happens.
    fn observer(&self) -> Arc<dyn Observer> {
        Arc::new(Lines::new(self.printer))
    }
}

impl Common {
    /// The set, read while the connection is made.
    fn reading(&self) -> Result<Reading, Failure> {
        let Some(folder) = &self.source else {
            return Ok(trunkline_store::partner_migrations()?.into());
        };
        let (named, label) = (folder.clone(), self.label.clone());
        Ok(Reading::directory(folder, move |source| labelled(source, named, label))?)
    }

    fn source(&self) -> Result<Source, Failure> {
        let Some(folder) = &self.source else { return Ok(trunkline_store::partner_migrations()?) };
        Ok(labelled(Source::directory(folder)?, folder.clone(), self.label.clone())?)
    }

    /// What the embedded set makes; a folder has a file of its own.
    fn catalog(&self) -> Option<&'static str> {
        self.source.is_none().then_some(trunkline_store::CATALOG)
    }

    fn options(&self) -> Options {
        Options {
            lock_timeout: self.lock_timeout,
            lock_budget: self.lock_budget,
            patience: self.wait,
            platform_ledger: self.platform_ledger.clone(),
            substitute: self.substitute,
            interrupt: interrupt::listen(),
        }
    }
}

/// The defaults, with Ctrl-C listened to.
pub(crate) fn default_options() -> Options {
    Options { interrupt: interrupt::listen(), ..Options::default() }
}

fn labelled(source: Source, folder: PathBuf, label: Option<String>) -> Result<Source, SourceError> {
    if source.migrations().is_empty() {
        return Err(SourceError::NoMigrations(folder));
    }
    Ok(match label {
        Some(label) => source.with_label(label),
        None => source,
    })
}

/// A time such as `2s`, `500ms` or `5 minutes`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "give a time such as 2s, 500ms or 5m".to_owned())?;
    let span = Duration::try_from(span).map_err(|_| "a time cannot be negative".to_owned())?;
    if span < Duration::from_millis(1) {
        return Err("the shortest time is 1ms".to_owned());
    }
    Ok(span)
}
