//! `trunkline keys …`: the keys that seal secrets, and what stands under which of them.

mod encrypt;
mod file;
mod generate;
mod report;
mod rewriting;
mod rotate;
mod source;
mod status;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_postgres::Client;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::StoreError;
use trunkline_store::secrets::{SecretCount, StoredColumn, count_secrets, list_secret_columns};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::Printer;
use source::KeySource;

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
    /// The key file; otherwise the variable `TRUNKLINE_KEYS`, `keys_file` or `keys_command` of the
    /// configuration, or for the private PostgreSQL the file `keys` of the data directory
    #[arg(long, global = true, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key and write it to the key file; a file that exists is never overwritten
    Generate(generate::Arguments),
    /// Count the secrets of each column by key; writes nothing
    Status(status::Arguments),
    /// Re-encrypt what is under an older key, while the service runs; may be run again at any time
    Rotate(rewriting::Batches),
    /// Encrypt the plaintext of old installs in place
    EncryptExisting(encrypt::Arguments),
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let config = Config::load(global)?;
    let source = KeySource::find(&arguments.common, global, &config)?;
    if let Command::Generate(arguments) = arguments.command {
        return generate::run(&source, &arguments, printer);
    }
    let ring = match source.load().await {
        Ok(ring) => Ok(ring),
        // The counts are of use without any key: they say which one is missing.
        Err(source::Missing::None(failure)) => Err(failure),
        Err(source::Missing::Bad(failure)) => return Err(failure),
    };
    let session = Session::open(global, printer).await?;
    match arguments.command {
        Command::Status(arguments) => status::run(session, ring.ok().as_ref(), &arguments).await,
        Command::Rotate(arguments) => rotate::run(session, &ring?, &arguments).await,
        Command::EncryptExisting(arguments) => encrypt::run(session, &ring?, &arguments).await,
        Command::Generate(_) => Ok(ExitStatus::Done),
    }
}

/// What a subcommand works with.
pub(crate) struct Session<'a> {
    connection: Connection,
    client: Client,
    columns: Vec<StoredColumn>,
    printer: &'a Printer,
}

impl<'a> Session<'a> {
    async fn open(global: &Global, printer: &'a Printer) -> Result<Self, Failure> {
        let connection = Connection::open(global).await?;
        let client = connection.target.client().await?;
        let columns = list_secret_columns(&client).await.map_err(|error| store(&error))?;
        Ok(Self { connection, client, columns, printer })
    }

    async fn count(&self) -> Result<Vec<SecretCount>, Failure> {
        count_secrets(&self.client, &self.columns).await.map_err(|error| store(&error))
    }

    /// Counts, and refuses when the ring lacks a key: what is written with the wrong ring would have
    /// to be told apart afterwards.
    async fn count_with(&self, ring: &KeyRing) -> Result<Vec<SecretCount>, Failure> {
        let counts = self.count().await?;
        report::refuse_missing_keys(&counts, ring)?;
        Ok(counts)
    }
}

fn store(error: &StoreError) -> Failure {
    Failure::failed(error.to_string(), error.hint())
}
