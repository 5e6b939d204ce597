//! Databases for tests: one cluster for all test processes, one database for each test.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use trunkline_postgres::testing::TestDatabase;
//!
//! let database = TestDatabase::empty().await?;
//! let client = database.connect().await?;
//! client.batch_execute("CREATE TABLE t (id INTEGER)").await?;
//! # Ok(())
//! # }
//! ```
//!
//! The first test process starts the server, in a temporary directory that stays from run to run; it ends 20 s after
//! the last one. Databases that killed tests left are removed when it starts.

use std::{
    env, fs,
    future::Future,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio_postgres::{Client, error::SqlState};

use crate::{Cluster, Error, Options, cluster::quote, layout::fnv1a};

/// How every database of a test begins.
const PREFIX: &str = "trunkline_test_";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// The cluster of the tests: not durable, 300 connections, shared by every test process of this user.
pub async fn test_cluster() -> Result<Cluster, Error> {
    let uid = rustix::process::geteuid().as_raw();
    let directory = env::temp_dir().join(format!("trunkline-test-{uid}"));
    let options = Options {
        durable: false,
        max_connections: 300,
        linger: Duration::from_secs(20),
        fetch_into: Some(PathBuf::from("/tmp").join(format!("trunkline-test-postgresql-{uid}"))),
        ..Options::new(directory)
    };
    let cluster = match Cluster::open(&options, &()).await {
        // A machine that crashed under a server that is not durable, or a new version: nothing of worth is lost.
        Err(Error::Died(_) | Error::OtherVersion { .. }) => {
            crate::reset(&options.directory).await?;
            Cluster::open(&options, &()).await?
        }
        result => result?,
    };
    if cluster.started() {
        remove_leftovers(&cluster).await?;
    }
    Ok(cluster)
}

/// A database for one test, removed when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    cluster: Cluster,
}

impl TestDatabase {
    /// A database with nothing in it.
    pub async fn empty() -> Result<Self, Error> {
        Self::copy(test_cluster().await?, "template0").await
    }

    /// A copy of a database that `build` filled, given its URL.
    ///
    /// `build` runs once for each `name` and build of the test binary, whichever test comes first; the others wait.
    /// It must close its connections.
    pub async fn from_template<F, E>(
        name: &str,
        build: impl FnOnce(String) -> F,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let cluster = test_cluster().await?;
        let key = fnv1a(format!("{name} {}", this_program()).as_bytes());
        let template = format!("{PREFIX}{}_template_{key:016x}", cluster.incarnation());
        let client = cluster.connect("postgres").await?;
        let failed = || Error::database(format!("make the test template {name}"));
        // Released with the connection, so a builder that is killed holds up nobody.
        client
            .execute("SELECT pg_advisory_lock($1)", &[&key.cast_signed()])
            .await
            .map_err(failed())?;
        let query = "SELECT 1 FROM pg_database WHERE datname = $1";
        if client.query_opt(query, &[&template]).await.map_err(failed())?.is_none() {
            let building = Self::copy(test_cluster().await?, "template0").await?;
            build(building.url()).await.map_err(|source| Error::Template {
                template: name.to_owned(),
                source: source.into(),
            })?;
            building.rename(&client, &template).await.map_err(failed())?;
        }
        drop(client);
        Self::copy(cluster, &template).await
    }

    /// The URL to connect to.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cluster in which it stands.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// A connection to it.
    pub async fn connect(&self) -> Result<Client, Error> {
        self.cluster.connect(&self.name).await
    }

    async fn copy(cluster: Cluster, template: &str) -> Result<Self, Error> {
        let client = cluster.connect("postgres").await?;
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let name = format!("{PREFIX}{}_{}_{number}", cluster.incarnation(), std::process::id());
            let statement =
                format!("CREATE DATABASE {} TEMPLATE {}", quote(&name), quote(template));
            match client.batch_execute(&statement).await {
                Ok(()) => return Ok(Self { name, cluster }),
                // A killed process with our number left one.
                Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => {}
                Err(error) => return Err(Error::database("make a test database")(error)),
            }
        }
    }

    /// Makes it the template, and closes it to connections.
    async fn rename(
        mut self,
        client: &Client,
        template: &str,
    ) -> Result<(), tokio_postgres::Error> {
        let (from, to) = (quote(&self.name), quote(template));
        client.batch_execute(&format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false")).await?;
        // Renaming waits until they are gone.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        client.query(end, &[&self.name]).await?;
        client.batch_execute(&format!("ALTER DATABASE {from} RENAME TO {to}")).await?;
        self.name.clear();
        Ok(())
    }
}

impl Drop for TestDatabase {
    /// Removes the database, as far as that goes: the next start of the cluster removes what is left.
    fn drop(&mut self) {
        if self.name.is_empty() {
            return;
        }
        let (cluster, name) = (&self.cluster, self.name.as_str());
        // A runtime of its own, as the test's is the one that is dropping us.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
                runtime.block_on(async {
                    drop_database(&cluster.connect("postgres").await.ok()?, name).await.ok()
                })
            });
        });
    }
}

async fn drop_database(client: &Client, name: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name))).await
}

/// Removes the databases of earlier runs of the server; those of this one may be in use.
async fn remove_leftovers(cluster: &Cluster) -> Result<(), Error> {
    let failed = || Error::database("remove the databases of earlier tests");
    let client = cluster.connect("postgres").await?;
    let query = "SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND NOT starts_with(datname, $2)";
    let ours = format!("{PREFIX}{}_", cluster.incarnation());
    for row in client.query(query, &[&PREFIX, &ours]).await.map_err(failed())? {
        drop_database(&client, row.get(0)).await.map_err(failed())?;
    }
    Ok(())
}

/// Names this build of the test binary: another one may fill its templates otherwise.
fn this_program() -> String {
    let program = env::current_exe().unwrap_or_default();
    let changed =
        fs::metadata(&program).map_or((0, 0), |metadata| (metadata.mtime(), metadata.mtime_nsec()));
    format!("{} {changed:?}", program.display())
}
