use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{install_hint::install_hint, log::Excerpt};

/// Why the private cluster cannot be used; [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is installed, and nothing could be fetched.
    #[error("no PostgreSQL server of version 14 or newer is installed here{}", fetch_failure(.fetch.as_deref()))]
    NotFound {
        /// Why fetching failed; `None` where it was not tried.
        fetch: Option<String>,
    },

    /// The directory that was named holds no server.
    #[error("{} is not a directory of PostgreSQL binaries: {missing} is missing or does not run", path.display())]
    NotAnInstallation {
        /// The directory that was named.
        path: PathBuf,
        /// The program that was looked for.
        missing: &'static str,
    },

    /// No client programs are there that suit the server.
    #[error(
        "pg_dump, pg_restore and psql of PostgreSQL {needed} or newer are needed, but {} is installed here{}",
        available_versions(available),
        fetch_failure(fetch.as_deref())
    )]
    NoTools {
        /// The server's major version.
        needed: u32,
        /// Versions that were found.
        available: Vec<String>,
        /// Why fetching failed; `None` where it was not tried.
        fetch: Option<String>,
    },

    /// The data directory belongs to another major version.
    #[error(
        "the data in {} was made by PostgreSQL {needed}, but {} is installed here",
        directory.display(),
        available_versions(available)
    )]
    OtherVersion {
        /// The cluster's directory.
        directory: PathBuf,
        /// Major version that made the data.
        needed: u32,
        /// Versions that were found.
        available: Vec<String>,
    },

    /// The user that runs the server cannot get to its directory.
    #[error(
        "PostgreSQL refuses to run as root, and the user {user} cannot reach {}: {} is closed to it",
        directory.display(),
        blocked_at.display()
    )]
    Unreachable {
        /// The cluster's directory.
        directory: PathBuf,
        /// The first directory on the way that cannot be entered.
        blocked_at: PathBuf,
        /// The user that runs the server.
        user: String,
    },

    /// The directory belongs to somebody else.
    #[error("{} belongs to user id {owner}, and is used as user id {user}", path.display())]
    WrongOwner {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who wants to use it.
        user: u32,
    },

    /// Root has no other user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody"
    )]
    NoAccount,

    /// `initdb` failed.
    #[error("initdb could not make the data directory: {output}")]
    Initialise {
        /// The last lines that it printed.
        output: String,
    },

    /// The server ended while it was starting.
    #[error("PostgreSQL ended while it was starting{0}")]
    Died(Excerpt),

    /// The server did not accept a connection in time.
    #[error("PostgreSQL accepts no connections after {seconds} s{excerpt}")]
    TimedOut {
        /// How long it was waited for.
        seconds: u64,
        /// The end of the server's log.
        excerpt: Excerpt,
    },

    /// The server runs, but on its socket alone.
    #[error("the cluster in {} runs already, without a TCP port", directory.display())]
    WithoutTcp {
        /// The cluster's directory.
        directory: PathBuf,
    },

    /// The server runs, but on another port.
    #[error("the cluster in {} runs already, on port {port}", directory.display())]
    OtherPort {
        /// The cluster's directory.
        directory: PathBuf,
        /// The port it listens on.
        port: u16,
    },

    /// The server could not be stopped.
    #[error("the cluster in {} did not stop within {seconds} s", directory.display())]
    DidNotStop {
        /// The cluster's directory.
        directory: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },

    /// A query of ours failed.
    #[error("could not {action}: {}", database_message(source))]
    Database {
        /// What was being done, as a verb phrase.
        action: String,
        /// What the driver or the server said.
        source: tokio_postgres::Error,
    },

    /// The builder of a test template failed.
    #[error("could not build the test template {template}: {source}")]
    Template {
        /// The template's name.
        template: String,
        /// What the builder returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it: a command or a setting, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some(install_hint()),
            Self::NotAnInstallation { .. } => Some(
                "set TRUNKLINE_POSTGRES_BIN to a directory that holds it beside the other programs of PostgreSQL, or unset it"
                    .to_owned(),
            ),
            Self::NoTools { needed, .. } => Some(format!(
                "install the client of PostgreSQL {needed} (postgresql-client-{needed} or postgresql{needed}), or set \
                 TRUNKLINE_POSTGRES_BIN to a directory that holds these programs"
            )),
            Self::OtherVersion { needed, .. } => Some(format!(
                "set TRUNKLINE_POSTGRES_BIN to the binaries of PostgreSQL {needed} (e.g. /usr/lib/postgresql/{needed}/bin), \
                 or carry the data over with pg_upgrade or pg_dump, or discard it with: trunkline database reset"
            )),
            Self::Unreachable { blocked_at, .. } => Some(format!(
                "set TRUNKLINE_DATA_DIR=/var/lib/trunkline, or run: chmod o+x {}",
                blocked_at.display()
            )),
            Self::WrongOwner { path, user, .. } => Some(format!(
                "run as the owner, set TRUNKLINE_DATA_DIR to another directory, or run: sudo chown -R {user} {}",
                path.display()
            )),
            Self::NoAccount => Some("make one: useradd --system --shell /usr/sbin/nologin postgres".to_owned()),
            Self::Died(excerpt) | Self::TimedOut { excerpt, .. } => excerpt.hint(),
            Self::WithoutTcp { .. } | Self::OtherPort { .. } => {
                Some("stop it, then start it with the port: trunkline database stop".to_owned())
            }
            Self::DidNotStop { directory, .. } => Some(format!(
                "see {} for what it is doing",
                directory.join("log").display()
            )),
            Self::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Some(
                "run as the user whose it is, or set TRUNKLINE_DATA_DIR to another directory".to_owned(),
            ),
            Self::Initialise { .. } | Self::Database { .. } | Self::Template { .. } | Self::File { .. } => None,
        }
    }

    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    pub(crate) fn database(
        action: impl Into<String>,
    ) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let action = action.into();
        move |source| Self::Database { action, source }
    }
}

fn fetch_failure(fetch: Option<&str>) -> String {
    fetch.map_or_else(String::new, |reason| format!(", and none could be fetched: {reason}"))
}

fn available_versions(available: &[String]) -> String {
    if available.is_empty() {
        "no PostgreSQL".to_owned()
    } else {
        format!("PostgreSQL {}", available.join(", "))
    }
}

/// The driver's own Display is "db error" for everything that the server says.
fn database_message(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
