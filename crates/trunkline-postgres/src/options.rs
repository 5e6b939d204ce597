use std::{env, path::PathBuf, time::Duration};

use crate::installation::Search;

/// How to run a cluster. Only the process that starts the server decides; those that join take it as it runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's own directory: its data, socket, log and locks.
    pub directory: PathBuf,
    /// Where to look for an installed PostgreSQL.
    pub search: Search,
    /// Where a fetched PostgreSQL is kept; `None` fetches nothing.
    pub fetch_into: Option<PathBuf>,
    /// Whether a crash of the machine may lose nothing (`fsync`). Off for tests alone.
    pub durable: bool,
    /// `max_connections` of the server.
    pub max_connections: u16,
    /// How long the server stays after its last user, in whole seconds.
    pub linger: Duration,
    /// A port on 127.0.0.1, with a password; 0 takes any that is free. `None` listens on the Unix socket alone.
    pub tcp: Option<u16>,
    /// Whether the server stays without users, until [`stop`](crate::stop).
    pub keep: bool,
}

impl Options {
    /// The defaults for a cluster in `directory`, with fetched binaries beside it.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        Self {
            fetch_into: Some(directory.with_file_name("postgresql")),
            directory,
            search: Search::from_environment(),
            durable: true,
            max_connections: 100,
            linger: Duration::ZERO,
            tcp: None,
            keep: false,
        }
    }

    /// The defaults for the user's own cluster: [`data_directory`]`/postgres`.
    pub fn from_environment() -> Self {
        Self::new(data_directory().join("postgres"))
    }
}

/// Trunkline's data directory: `TRUNKLINE_DATA_DIR`, else `/var/lib/trunkline` for root, else the XDG data directory.
pub fn data_directory() -> PathBuf {
    let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = path("TRUNKLINE_DATA_DIR") {
        return chosen;
    }
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/trunkline");
    }
    path("XDG_DATA_HOME")
        .filter(|directory| directory.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".local/share")))
        .unwrap_or_else(env::temp_dir)
        .join("trunkline")
}

/// The variable that names the binaries, and nothing else is looked at.
pub(crate) fn chosen_binaries() -> Option<PathBuf> {
    env::var_os("TRUNKLINE_POSTGRES_BIN").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The directories of `PATH`.
pub(crate) fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}
