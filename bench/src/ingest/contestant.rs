//! Who receives: Trunkline, the floor, and Express.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::body::SECRET;
use super::database::{KEY, SLUG};
use super::load::{self, Measured};
use super::process::{Running, free_address};
use crate::program::program;
use crate::server::Server;
use crate::workspace;

/// How many connections send at a time.
const CONNECTIONS: usize = 64;

/// Somebody who receives.
pub(super) struct Contestant {
    pub name: &'static str,
    path: String,
    kind: Kind,
}

enum Kind {
    Trunkline { url: String, scratch: PathBuf },
    Floor { url: String },
    Express { url: String, directory: PathBuf },
}

impl Contestant {
    /// The service, whose workers rest: the others have none.
    pub(super) fn trunkline(server: &Server, database: &str, scratch: &Path) -> Self {
        let kind = Kind::Trunkline { url: server.url(database), scratch: scratch.to_owned() };
        Self { name: "Trunkline", path: format!("/webhooks/meta/{SLUG}"), kind }
    }

    pub(super) fn floor(server: &Server, database: &str) -> Self {
        let kind = Kind::Floor { url: server.url(database) };
        Self { name: "bare axum, COPY", path: format!("/webhooks/{SLUG}"), kind }
    }

    pub(super) fn express(server: &Server, database: &str) -> Result<Self> {
        let kind = Kind::Express { url: server.url(database), directory: install()? };
        Ok(Self { name: "Express 5 and pg", path: format!("/webhooks/{SLUG}"), kind })
    }

    /// Starts it, sends to it as long as is said, and stops it.
    pub(super) async fn measure(
        &self,
        server: &Server,
        database: &str,
        duration: Duration,
        first_body: u64,
    ) -> Result<Measured> {
        let running = self.start(0).await?;
        let client = server.connect(database).await?;
        load::measure(&running, &client, &self.path, CONNECTIONS, duration, first_body).await
    }

    /// Sends so many webhooks; gives how many seconds that took.
    pub(super) async fn receive(&self, count: u32) -> Result<f64> {
        let running = self.start(0).await?;
        load::send(&running, &self.path, CONNECTIONS, count).await
    }

    /// Starts it; of Trunkline with so many workers.
    pub(super) async fn start(&self, workers: u8) -> Result<Running> {
        let address = free_address()?;
        Running::start(self.command(address, workers)?, address).await
    }

    fn command(&self, address: SocketAddr, workers: u8) -> Result<Command> {
        let port = address.port().to_string();
        Ok(match &self.kind {
            Kind::Trunkline { url, scratch } => {
                let mut command = program(workspace::program("trunkline")?);
                command
                    .args(["serve", "--database-url", url, "--listen", &address.to_string()])
                    .env("TRUNKLINE_KEYS", KEY)
                    .env("TRUNKLINE_LOG", "warn")
                    .env("TRUNKLINE_WEBHOOK_WORKERS", workers.to_string())
                    .current_dir(scratch);
                command
            }
            Kind::Floor { url } => {
                let mut command = program(workspace::program("ingest_floor")?);
                command.args([&port, url, SECRET]);
                command
            }
            Kind::Express { url, directory } => {
                let mut command = program("node");
                command.args(["server.js", &port, url, SECRET]).current_dir(directory);
                command.env("NODE_ENV", "production");
                command
            }
        })
    }
}

/// Copies the sources of the peer beside its packages, which npm installs once.
fn install() -> Result<PathBuf> {
    let directory = workspace::target()?.join("bench-peers/ingest");
    fs::create_dir_all(&directory)?;
    let sources = workspace::root().join("bench/peers/ingest");
    for file in ["package.json", "server.js"] {
        fs::copy(sources.join(file), directory.join(file))
            .with_context(|| format!("copying {file}"))?;
    }
    if !directory.join("node_modules/express").is_dir() {
        eprintln!("installing Express and pg");
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&directory);
        let status = command.current_dir(&directory).status().context("running npm")?;
        ensure!(status.success(), "Express and pg could not be installed");
    }
    Ok(directory)
}
