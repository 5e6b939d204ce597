use std::fmt;
use std::path::PathBuf;

use thiserror::Error;
use tokio_postgres::config::{Config, Host, SslMode};

use super::session::{NoticeSink, Session};
use super::tls::{self, Verification};
use crate::error::Error;
use crate::sql::quoted;

/// The address of a database and how to reach it; shown without its password.
#[derive(Clone)]
pub struct Target {
    pub(super) config: Config,
    pub(super) verification: Verification,
}

/// A connection string that is not understood.
#[derive(Debug, Error)]
pub enum TargetError {
    /// Not a URL or a list of key words.
    #[error("the database address is not understood: {0}")]
    Syntax(String),
    /// A file of certificates that cannot be used.
    #[error("cannot use the certificates in {}: {reason}", path.display())]
    Certificates {
        /// The file of `sslrootcert`.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Target {
    /// Reads `postgres://user:password@host:port/database?sslmode=…` or `host=… dbname=…`.
    ///
    /// Several hosts, as `host=a,b` or `//a,b/`, are tried in order; with `target_session_attrs=read-write` until one
    /// takes writes, so that a standby which is promoted is found. `sslmode` is libpq's: `disable`, `prefer` (default), `require` (no check of the certificate),
    /// `verify-ca` and `verify-full` (checked against `sslrootcert`, else the system's roots).
    pub fn parse(address: &str) -> Result<Self, TargetError> {
        // libpq would take whatever server is near.
        if address.trim().is_empty() {
            return Err(TargetError::Syntax("it is empty".to_owned()));
        }
        if let Some((scheme, _)) = address.split_once("://")
            && scheme.chars().all(|c| c.is_ascii_alphanumeric())
            && !["postgres", "postgresql"].contains(&scheme)
        {
            let reason = format!("it begins with {scheme}://, not with postgres://");
            return Err(TargetError::Syntax(reason));
        }
        if has_raw_password(address) {
            let reason = "write `@` in the password as %40 and `/` as %2F";
            return Err(TargetError::Syntax(reason.to_owned()));
        }
        let (address, verification) = tls::take_verification(address)?;
        let mut config: Config = address
            .parse()
            .map_err(|error: tokio_postgres::Error| TargetError::Syntax(with_causes(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            let default = if cfg!(unix) { "/var/run/postgresql" } else { "localhost" };
            config.host(std::env::var("PGHOST").unwrap_or_else(|_| default.to_owned()));
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(std::time::Duration::from_secs(10));
        }
        Ok(Self { config, verification })
    }

    /// The same server with another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut target = self.clone();
        target.config.dbname(database);
        target
    }

    /// The name of the database; without one the server takes the login's.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or(self.config.get_user()).unwrap_or(crate::who::user())
    }

    /// The login as SQL takes it; without one in the address the server takes the account's name.
    pub(crate) fn login(&self) -> String {
        quoted(self.config.get_user().unwrap_or(crate::who::user()))
    }

    /// Opens a connection of the engine's own, named `role` in `pg_stat_activity`.
    pub(crate) async fn connect(&self, role: &str, notices: NoticeSink) -> Result<Session, Error> {
        self.open(&format!("trunkline-migrate {role}"), notices).await
    }

    async fn open(&self, application: &str, notices: NoticeSink) -> Result<Session, Error> {
        let mut config = self.config.clone();
        config.application_name(application_name(application));
        let opened = if self.needs_tls() {
            let tls = tls::connector(&self.verification)?;
            match config.connect(tls).await {
                Ok((client, connection)) => {
                    Ok(Session::start(client, connection, notices, self.clone()))
                }
                Err(error) => Err(error),
            }
        } else {
            match config.connect(tokio_postgres::NoTls).await {
                Ok((client, connection)) => {
                    Ok(Session::start(client, connection, notices, self.clone()))
                }
                Err(error) => Err(error),
            }
        };
        opened.map_err(|error| Error::unreachable(self, &error))
    }

    /// Opens a plain connection for queries of the caller's own; it closes when the client is dropped.
    pub async fn client(&self) -> Result<tokio_postgres::Client, Error> {
        self.client_of("trunkline-migrate query").await
    }

    /// The same, shown in `pg_stat_activity` under the name of an application.
    pub async fn client_of(&self, application: &str) -> Result<tokio_postgres::Client, Error> {
        Ok(self.open(application, NoticeSink::ignore()).await?.into_client())
    }

    /// Asks the server to cancel what runs behind `token`.
    pub(crate) async fn cancel(&self, token: &tokio_postgres::CancelToken) {
        // Nothing can be done about a failure here, and the caller waits for the statement's end.
        if self.needs_tls() {
            if let Ok(tls) = tls::connector(&self.verification) {
                let _ = token.cancel_query(tls).await;
            }
        } else {
            let _ = token.cancel_query(tokio_postgres::NoTls).await;
        }
    }

    /// Each with its port. One port, or none, is that of all.
    fn hosts(&self) -> Vec<String> {
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let named = self.config.get_hosts().iter().enumerate().map(|(index, host)| match host {
            Host::Tcp(host) => format!("{host}:{}", port(index)),
            Host::Unix(path) => format!("{}:{}", path.display(), port(index)),
        });
        named.collect()
    }

    fn needs_tls(&self) -> bool {
        let over_network = self.config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)))
            || !self.config.get_hostaddrs().is_empty();
        over_network && self.config.get_ssl_mode() != SslMode::Disable
    }
}

/// Whether a URL has an `@` or `/` where it would be taken for the end of the password, so that the rest
/// of the password would be taken for a host, and shown.
fn has_raw_password(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let rest = rest.split('?').next().unwrap_or(rest);
    let authority_end = rest.find('/').unwrap_or(rest.len());
    rest.matches('@').count() > 1 || rest.rfind('@').is_some_and(|at| at > authority_end)
}

/// `host:port/database`, never the password; every host, where there are several.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.config.get_hosts().len() > 1 {
            return write!(f, "{}/{}", self.hosts().join(","), self.database());
        }
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => write!(f, "{host}:{port}/{}", self.database()),
            Some(Host::Unix(path)) => {
                write!(f, "{} (socket in {}, port {port})", self.database(), path.display())
            }
            None => {
                let address = self.config.get_hostaddrs().first();
                let address = address.map(ToString::to_string).unwrap_or_default();
                write!(f, "{address}:{port}/{}", self.database())
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// An error with its causes, since tokio-postgres keeps the reason in the source alone.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// `<application> <host>:<pid>`, so that whoever waits can say for whom.
fn application_name(application: &str) -> String {
    let mut name = format!("{application} {}:{}", crate::who::host(), std::process::id());
    // NAMEDATALEN: PostgreSQL cuts it there, with a notice.
    name.truncate(name.floor_char_boundary(63));
    name
}
