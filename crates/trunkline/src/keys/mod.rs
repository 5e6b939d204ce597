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
use trunkline_core::Random;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::ExitStatus;
use trunkline_store::secret_keys::{forget_keys, list_unopened_keys, register_active_key};
use trunkline_store::secrets::{
    SecretCount, StoredColumn, Under, count_secrets, list_secret_columns,
};
use trunkline_store::{Executor, StoreError};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::Printer;
use source::{KeySource, is_private};

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

/// The keys that are configured; `None`: the start of the service makes them.
pub(crate) async fn find_ring(
    global: &Global,
    config: &Config,
) -> Result<Option<KeyRing>, Failure> {
    match KeySource::find(&Common { file: None }, global, config)?.load().await {
        Ok(ring) => Ok(Some(ring)),
        Err(source::Missing::None(_)) if is_private(global, config) => Ok(None),
        Err(missing) => Err(missing.into()),
    }
}

/// Makes a key in a file that does not exist yet.
#[cfg(feature = "simulator")]
pub(crate) fn create_file(path: &std::path::Path) -> Result<(), Failure> {
    generate::create(path).map(drop)
}

/// The same, and refuses a ring that lacks a key of the database.
pub(crate) async fn find_ring_of_database(
    global: &Global,
    config: &Config,
    executor: Executor<'_>,
) -> Result<Option<KeyRing>, Failure> {
    let ring = find_ring(global, config).await?;
    if let Some(ring) = &ring {
        refuse_missing_keys(executor, ring).await?;
    }
    Ok(ring)
}

/// The keys of the service; for the private PostgreSQL they are made where there are none.
pub(crate) async fn ring_for_service(global: &Global, config: &Config) -> Result<KeyRing, Failure> {
    if let Some(ring) = find_ring(global, config).await? {
        return Ok(ring);
    }
    let source = KeySource::find(&Common { file: None }, global, config)?;
    let key = generate::create(source.file_for_new()?)?;
    tracing::info!(key = %key.id(), "made a key in the data directory; keep a copy apart");
    Ok(source.load().await?)
}

/// Refuses to serve without a key that secrets of the database stand under, and writes down that the active one seals
/// there.
pub(crate) async fn check_for_service(state: &trunkline_server::State) -> Result<(), Failure> {
    let connection = state.store.connection().await.map_err(|error| store(&error))?;
    let executor = connection.executor();
    refuse_missing_keys(executor, &state.keys).await?;
    let registered = register_active_key(executor, &state.keys, state.random.clone()).await;
    registered.map_err(|error| store(&error))
}

/// Refuses a ring that lacks a key of the database.
pub(crate) async fn refuse_missing_keys(
    executor: Executor<'_>,
    ring: &KeyRing,
) -> Result<(), Failure> {
    let missing = list_unopened_keys(executor, ring).await.map_err(|error| store(&error))?;
    if missing.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ring.ids().map(|id| id.to_string()).collect();
    Err(Failure::failed(
        format!(
            "wrong keys: a process sealed secrets of this database under key {}, and the key ring has only {}",
            missing.join(", "),
            ids.join(", ")
        ),
        "add the missing key as a further line of the key file, or use the key file of this database; where \
         `trunkline keys status` counts no secret under it, `trunkline keys rotate` forgets it",
    ))
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

    /// The keys under which a process sealed, or was about to, and which the ring lacks.
    async fn unopened(&self, ring: &KeyRing) -> Result<Vec<String>, Failure> {
        let there = "SELECT to_regclass('trunkline.secret_keys') IS NOT NULL";
        if !self.client.query_one(there, &[]).await.is_ok_and(|row| row.get(0)) {
            return Ok(Vec::new());
        }
        let pool = self.connection.store();
        let connection = pool.connection().await.map_err(|error| store(&error))?;
        let unopened = list_unopened_keys(connection.executor(), ring).await;
        unopened.map_err(|error| store(&error))
    }

    /// Writes down that secrets stand under the active key, for the start of the service.
    async fn register(&self, ring: &KeyRing) -> Result<(), Failure> {
        let pool = self.connection.store();
        let connection = pool.connection().await.map_err(|error| store(&error))?;
        let registered = register_active_key(connection.executor(), ring, Random::system()).await;
        registered.map_err(|error| store(&error))
    }

    /// The same, and forgets the keys under which nothing stands any more.
    async fn keep_only(&self, ring: &KeyRing, counts: &[SecretCount]) -> Result<(), Failure> {
        self.register(ring).await?;
        let pool = self.connection.store();
        let connection = pool.connection().await.map_err(|error| store(&error))?;
        let under = counts.iter().filter_map(|count| match count.under {
            Under::Key(id) => Some(id),
            _ => None,
        });
        let used: Vec<_> = under.collect();
        let forgotten = forget_keys(connection.executor(), &used, ring.active()).await;
        forgotten.map_err(|error| store(&error))
    }

    /// Counts, and refuses when the ring lacks a key: what is written with the wrong ring would have
    /// to be told apart afterwards.
    async fn count_with(&self, ring: &KeyRing) -> Result<Vec<SecretCount>, Failure> {
        let counts = self.count().await?;
        report::refuse_missing_keys(&counts, ring)?;
        Ok(counts)
    }
}

/// What went wrong at the database, with its hint.
pub(crate) fn store(error: &StoreError) -> Failure {
    Failure::failed(error.to_string(), error.hint())
}
