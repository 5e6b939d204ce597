//! The private server of a run, and the databases on it.

use std::cell::Cell;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;
use tokio_postgres::Client;
use trunkline_postgres::{Cluster, Options};

/// A server with `fsync` on, used by this process alone.
pub(crate) struct Server {
    cluster: Cluster,
    admin: Client,
    directory: TempDir,
    databases: Cell<u32>,
}

impl Server {
    pub(crate) async fn open() -> Result<Self> {
        let directory = directory()?;
        let cluster = Cluster::open(&options(directory.path()), &()).await?;
        let admin = cluster.connect("postgres").await?;
        Ok(Self { cluster, admin, directory, databases: Cell::new(0) })
    }

    /// Stops it and removes its data.
    pub(crate) async fn close(self) -> Result<()> {
        drop((self.admin, self.cluster));
        trunkline_postgres::stop(&options(self.directory.path()).directory).await?;
        Ok(())
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    pub(crate) async fn connect(&self, database: &str) -> Result<Client> {
        Ok(self.cluster.connect(database).await?)
    }

    /// A new database, a copy of `template`, with nothing left to write for the server.
    ///
    /// Without the checkpoint, the first one to change a page would pay for the one before it.
    pub(crate) async fn make_database(&self, template: &str) -> Result<String> {
        let number = self.databases.get();
        self.databases.set(number + 1);
        let name = format!("bench_{number}");
        self.admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        self.checkpoint().await?;
        Ok(name)
    }

    pub(crate) async fn drop_database(&self, name: &str) -> Result<()> {
        let statement = format!("DROP DATABASE {name} WITH (FORCE)");
        Ok(self.admin.batch_execute(&statement).await?)
    }

    pub(crate) async fn checkpoint(&self) -> Result<()> {
        Ok(self.admin.batch_execute("CHECKPOINT").await?)
    }

    /// The server's version, such as `15.20`.
    pub(crate) async fn version(&self) -> Result<String> {
        let row = self.admin.query_one("SELECT current_setting('server_version')", &[]).await?;
        let version: String = row.get(0);
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }
}

/// A temporary directory that the server's account can enter.
pub(crate) fn directory() -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    Ok(builder.prefix("trunkline-bench").permissions(Permissions::from_mode(0o755)).tempdir()?)
}

/// A cluster in `directory`, as an operator gets it.
pub(crate) fn options(directory: &Path) -> Options {
    Options { fetch_into: None, durable: true, ..Options::new(directory.join("postgres")) }
}
