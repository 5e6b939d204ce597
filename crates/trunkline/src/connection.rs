//! Which database a command works on.

use trunkline_migrate::Target;
use trunkline_postgres::{Cluster, Options, Progress, Step};

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
                let total =
                    total.map_or_else(String::new, |total| format!(" of {}", megabytes(total)));
                eprint!("\rfetching PostgreSQL {version}: {}{total} ", megabytes(received));
            }
            Step::Initialising { version } => {
                eprintln!("setting up a private PostgreSQL {version}, once");
            }
            _ => {}
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0)
}
