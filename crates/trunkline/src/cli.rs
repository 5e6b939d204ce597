use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;
use crate::global::Global;
use crate::output::{Format, Written};
use crate::{
    admin, backup, configure, database, demo, doctor, import, keys, migrate, openapi, restore,
    serve, simulate, sync, webhooks,
};

/// The partner back end of a platform that resells WhatsApp.
#[derive(Parser)]
#[command(name = "trunkline", version, propagate_version = true)]
#[command(after_help = EXIT_STATUSES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// How to print: for people, or as one JSON document
    #[arg(long, global = true, default_value = "human", value_enum)]
    pub format: Format,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Reads the command line; what is wrong with it is an error only where JSON is asked for,
    /// and otherwise told by clap, which ends the process.
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::try_parse().and_then(Self::checked).map_err(|error| {
            let words: Vec<String> = std::env::args().collect();
            let json = words.iter().any(|word| word == "--format=json")
                || words.windows(2).any(|pair| pair == ["--format", "json"]);
            if !error.use_stderr() {
                std::process::exit(i32::from(!Written::help(&error)));
            }
            if !json {
                error.exit();
            }
            let text = error.to_string();
            let message = text.strip_prefix("error: ").unwrap_or(&text);
            let message = message.split("\n\n").next().unwrap_or_default();
            Failure::usage(message, "`--help` after the command lists what it takes")
        })
    }

    /// Only some results are lines of fields.
    fn checked(self) -> Result<Self, clap::Error> {
        let has_csv = matches!(&self.command, Some(Command::Import(import)) if import.has_csv());
        if self.format == Format::Csv && !has_csv {
            let message = "this command has no CSV; --format json is for programs";
            return Err(Self::command().error(ErrorKind::InvalidValue, message));
        }
        Ok(self)
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the service; so does `trunkline` alone
    Serve(serve::Arguments),
    /// Apply, revert, verify and inspect migrations
    Migrate(migrate::Arguments),
    /// Make the keys that seal secrets, rotate them, encrypt the plaintext of old installs
    Keys(keys::Arguments),
    /// Add users and let them in again, and check the audit log, from the server's own command line
    Admin(admin::Arguments),
    /// Take over the platform's `channel_connections`: plan, run, verify, link, undo
    Import(import::Arguments),
    /// Webhooks of the providers: list, show, work on again
    Webhooks(webhooks::Arguments),
    /// Compare partner accounts with their providers now, and take over what these say
    Sync(sync::Arguments),
    /// Back up the tables, in files that are checked before they are used
    Backup(backup::Arguments),
    /// Bring a backup back: all of it or nothing
    Restore(restore::Arguments),
    /// Run the private PostgreSQL, and fill it with a sample platform
    Database(database::Arguments),
    /// Print every setting, or check the configuration
    Config(configure::Arguments),
    /// Print the OpenAPI document of the REST API
    Openapi(openapi::Arguments),
    /// Look at everything that the service needs: configuration, keys, database, address
    Doctor(doctor::Arguments),
    /// Show the whole thing on a sample platform: migrate, verify, serve with simulated providers
    Demo(demo::Arguments),
    /// Simulate 360dialog, Meta and Twilio on loopback, for development (builds with the feature `simulator`)
    Simulate(simulate::Arguments),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(serve::Arguments::default())
    }
}

const EXIT_STATUSES: &str = "\
Exit statuses:
  0    done, or nothing to do
  1    failed
  2    the command line is wrong
  3    differences or pending migrations (verify; status, plan and lint with --check), secrets
       that are not under the active key (keys rotate, encrypt-existing; status with --check),
       an audit log that was tampered with (admin audit verify), rows that were left out
       (import run, link, unlink, undo, verify; plan with --check), a provider that says
       something else than what stands here (sync --dry-run), or a backup that does not restore
       to what it was made of
  4    blocked by a lock
  5    the database is ahead of this binary
  6    preflight refused
  130  interrupted";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
