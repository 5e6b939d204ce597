//! Which database a command works on.

use std::io::IsTerminal;

use trunkline_migrate::Target;
use trunkline_postgres::{Cluster, Options, Progress, Step};
use trunkline_store::{PoolOptions, Store};

use crate::config::Config;
use crate::failure::Failure;
use crate::global::Global;

/// The database of the private PostgreSQL.
pub(crate) const DATABASE: &str = "trunkline";

/// An address, and the private server behind it for as long as it is needed.
pub(crate) struct Connection {
    pub target: Target,
    /// The private server, which ends with its last user.
    pub cluster: Option<Cluster>,
}

impl Connection {
    /// The command line's address, else the environment's, else the configuration's, else the
    /// private PostgreSQL, which is started where it is not running.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        let config = Config::load(global)?;
        let url = match &global.database_url {
            Some(url) => Some(url.clone()),
            None => config.database_url()?,
        };
        if let Some(url) = url {
            return Ok(Self { target: Target::parse(&url)?, cluster: None });
        }
        let cluster = Cluster::open(&cluster_options(global, &config), &Steps).await?;
        cluster.ensure_database(DATABASE).await?;
        Ok(Self { target: Target::parse(&cluster.url(DATABASE))?, cluster: Some(cluster) })
    }

    /// The store of a command, which needs few connections.
    pub(crate) fn store(&self) -> Store {
        Store::new(self.target.clone(), PoolOptions::default())
    }
}

/// Where the private PostgreSQL is and how it runs.
pub(crate) fn cluster_options(global: &Global, config: &Config) -> Options {
    match global.data_dir.as_ref().or(config.data_dir.as_ref()) {
        Some(directory) => Options::new(directory.join("postgres")),
        None => Options::from_environment(),
    }
}

/// Says on standard error what takes long.
pub(crate) struct Steps;

impl Progress for Steps {
    fn step(&self, step: Step) {
        match step {
            Step::Fetching { version, received, total } => {
                let shown = std::io::stderr().is_terminal();
                eprint!("{}", fetching(&version, received, total, shown));
            }
            Step::Initialising { version } => {
                eprintln!("setting up a private PostgreSQL {version}, once");
            }
            _ => {}
        }
    }
}

/// A line that is written over and over on a terminal, and once elsewhere, when all has come.
fn fetching(version: &str, received: u64, total: Option<u64>, terminal: bool) -> String {
    let done = total == Some(received);
    if !terminal && !done {
        return String::new();
    }
    let (start, end) = (if terminal { "\r" } else { "" }, if done { "\n" } else { " " });
    let of = total.map_or_else(String::new, |total| format!(" of {}", megabytes(total)));
    format!("{start}fetching PostgreSQL {version}: {}{of}{end}", megabytes(received))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::fetching;

    #[test]
    fn a_download_ends_its_line_and_fills_no_log() {
        let (half, all) = (15 << 20, Some(30 << 20));
        let shown = |received, terminal| fetching("18.1", received, all, terminal);
        assert_eq!(shown(half, true), "\rfetching PostgreSQL 18.1: 15.0 MB of 30.0 MB ");
        assert_eq!(shown(30 << 20, true), "\rfetching PostgreSQL 18.1: 30.0 MB of 30.0 MB\n");
        assert_eq!(shown(half, false), "");
        assert_eq!(shown(30 << 20, false), "fetching PostgreSQL 18.1: 30.0 MB of 30.0 MB\n");
    }
}
