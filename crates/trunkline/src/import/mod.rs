//! `trunkline import …`: the platform's `channel_connections` in the partner tables.

mod counts;
mod follow;
mod link;
mod plan;
mod progress;
mod providers;
mod run;
mod shown;
mod source;
mod undo;
mod verify;

use clap::{Args, Subcommand};
use trunkline_core::Random;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::{Error, ExitStatus, Interrupt};
use trunkline_store::import::{Platform, Survey, survey};
use trunkline_store::secret_keys::register_active_key;
use trunkline_store::{Connection as Lease, Store};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::Printer;
use crate::{interrupt, keys};
use keys::store;
use progress::Bar;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(Args)]
struct Common {
    /// Only the connections of this company
    #[arg(long, global = true, value_name = "ID")]
    company: Option<i32>,
    #[command(flatten)]
    source: source::Source,
}

impl Common {
    /// What was given, for the next command.
    fn options(&self) -> String {
        let company = self.company.map(|company| format!(" --company {company}"));
        format!("{}{}", self.source.options(), company.unwrap_or_default())
    }
}

#[derive(Subcommand)]
enum Command {
    /// What `run` would do, by company, with every conflict (--format csv too); writes nothing
    Plan(plan::Arguments),
    /// Make clients and channels, tokens encrypted; may be run again at any time, and goes on where it was
    Run(run::Arguments),
    /// Write the ids of client and channel into `connection_data`, under the key `trunkline`
    Link,
    /// Take out what `link` wrote, and nothing else
    Unlink,
    /// Compare every connection with what was made of it; writes nothing
    Verify,
    /// Delete what an import made and nobody changed since; list the rest
    Undo(undo::Arguments),
}

impl Command {
    /// Whether it reads or writes secrets.
    fn uses_keys(&self) -> bool {
        matches!(self, Self::Plan(_) | Self::Run(_) | Self::Verify)
    }
}

impl Arguments {
    /// Whether its result can be printed as CSV.
    pub(crate) fn has_csv(&self) -> bool {
        matches!(self.command, Command::Plan(_))
    }
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let config = Config::load(global)?;
    let connection = Connection::open(global).await?;
    let store_of = connection.store();
    let lease = store_of.connection().await.map_err(|error| store(&error))?;
    let source = &arguments.common.source;
    if !source.is_platform() && matches!(arguments.command, Command::Link | Command::Unlink) {
        return Err(Failure::usage(
            "only connections of the platform's own table have a place for links",
            "leave --from out",
        ));
    }
    let by_name = matches!(arguments.command, Command::Undo(_));
    let platform = source.open(lease.executor(), by_name).await?;
    let ring = if arguments.command.uses_keys() {
        keys::find_ring_of_database(global, &config, lease.executor()).await
    } else {
        Ok(None)
    };
    let session = Session {
        config,
        connection,
        store: store_of,
        lease,
        platform,
        ring,
        company: arguments.common.company,
        options: arguments.common.options(),
        interrupt: interrupt::listen_and_say("stopping after this batch (again: end at once)"),
        printer,
    };
    match arguments.command {
        Command::Plan(arguments) => plan::run(&session, &arguments).await,
        Command::Run(arguments) => run::run(session, &arguments).await,
        Command::Link => link::link(&session).await,
        Command::Unlink => link::unlink(&session).await,
        Command::Verify => verify::run(&session).await,
        Command::Undo(arguments) => undo::run(&session, &arguments).await,
    }
}

/// The name of `channel_connections` among the sources.
const PLATFORM: &str = "platform";

/// What a subcommand works with.
struct Session<'a> {
    config: Config,
    connection: Connection,
    store: Store,
    lease: Lease,
    platform: Platform,
    /// The keys, or that there are none, or why not.
    ring: Result<Option<KeyRing>, Failure>,
    company: Option<i32>,
    /// Those that every subcommand takes, as they were given, each behind a space.
    options: String,
    interrupt: Interrupt,
    printer: &'a Printer,
}

impl Session<'_> {
    /// The keys, where there are some.
    fn ring(&self) -> Option<&KeyRing> {
        self.ring.as_ref().ok().and_then(Option::as_ref)
    }

    /// The keys, for a command that cannot do without; writes down that the active one seals here.
    async fn ring_for_writing(&mut self) -> Result<KeyRing, Failure> {
        let ring = std::mem::replace(&mut self.ring, Ok(None))?.ok_or_else(|| {
            Failure::failed(
                "there are no keys to seal tokens with",
                "make one: trunkline keys generate",
            )
        })?;
        let registered = register_active_key(self.lease.executor(), &ring, Random::system()).await;
        registered.map_err(|error| store(&error))?;
        Ok(ring)
    }

    /// How many rows there are, and which of them contend.
    async fn survey(&self) -> Result<Survey, Failure> {
        let total = self.platform.count(self.lease.executor()).await;
        let bar = Bar::new("reading", total.map_err(|error| store(&error))?, self.printer);
        let mut progress = |rows| bar.show(rows);
        let surveyed =
            survey(self.lease.executor(), &self.platform, &self.interrupt, &mut progress).await;
        bar.end();
        surveyed.map_err(|error| store(&error))?.ok_or_else(|| interrupted("nothing was changed"))
    }

    /// Says in which way less was compared.
    fn tell_missing_keys(&self) {
        let less = "Without keys it is not seen whether tokens were changed";
        match &self.ring {
            Ok(Some(_)) => {}
            Ok(None) => self.printer.line(format_args!("{less}.")),
            Err(failure) => self.printer.line(format_args!("{less}: {failure}.")),
        }
    }
}

/// Where connections of a source come from, in words.
fn from(source: &str) -> &str {
    if source == PLATFORM { "channel_connections" } else { source }
}

/// It was asked to stop.
fn interrupted(left: &'static str) -> Failure {
    Failure::Migrate(Error::Interrupted { migration: None, left })
}

/// A number of things, as `1 channel` or `2 channels`.
fn count(number: u64, noun: &str) -> String {
    crate::output::count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}
