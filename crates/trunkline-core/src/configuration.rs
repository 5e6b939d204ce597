//! The configuration: each comment is the reference of the setting below it, and the environment
//! variables stand here. `docs/configuration.md` is generated from this file.
#![expect(clippy::doc_markdown, reason = "the comments are printed as they stand")]

use std::net::SocketAddr;
use std::path::PathBuf;

use confique::Config;
use serde::Deserialize;

/// Everything that `trunkline.toml` may say.
#[derive(Debug, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Configuration {
    /// The database, as postgres://user:password@host:5432/name?sslmode=…; without one the private
    /// PostgreSQL is used. The command line and DATABASE_URL come first.
    pub database_url: Option<String>,
    /// A file that holds the address, so that the password stands in no configuration.
    pub database_url_file: Option<PathBuf>,
    /// Where the private PostgreSQL keeps its data. TRUNKLINE_DATA_DIR comes first.
    pub data_dir: Option<PathBuf>,
    /// The file of the keys that seal secrets, one a line, the active one first; mode 0600.
    /// TRUNKLINE_KEYS, which holds the keys themselves, comes first.
    pub keys_file: Option<PathBuf>,
    /// A command that prints the keys instead, run by sh; so any key management service works.
    pub keys_command: Option<String>,
    /// The service.
    #[config(nested)]
    pub server: Server,
    /// Connections to the database.
    #[config(nested)]
    pub database: Database,
    /// What is done about pending migrations at start.
    #[config(nested)]
    pub migrations: Migrations,
    /// The log.
    #[config(nested)]
    pub log: Log,
    /// Traces of requests, queries and calls of providers.
    #[config(nested)]
    pub traces: Traces,
    /// Signing in to the admin interface.
    #[config(nested)]
    pub sign_in: SignIn,
    /// The providers' addresses.
    #[config(nested)]
    pub providers: Providers,
    /// How often the providers are called for one partner account, by all replicas together.
    #[config(nested)]
    pub calls: Calls,
}

/// Where the service listens and what it accepts.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Server {
    /// The address of the service.
    #[config(env = "TRUNKLINE_LISTEN", default = "127.0.0.1:8640")]
    pub listen: SocketAddr,
    /// The address of /metrics (Prometheus); it is served nowhere else. Without one there are none.
    #[config(env = "TRUNKLINE_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// How browsers and providers reach the service, as `https://partners.example.com`; without it,
    /// `http://` and the address of the service.
    #[config(env = "TRUNKLINE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The addresses of reverse proxies, whose X-Forwarded-For tells the client's address.
    #[config(default = [])]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// How many seconds requests and jobs have to finish after SIGTERM.
    #[config(default = 20)]
    pub drain_seconds: u64,
    /// How many seconds one request may take.
    #[config(default = 30)]
    pub request_seconds: u64,
    /// How many requests one API key may make in a minute.
    #[config(default = 600)]
    pub requests_per_minute: u32,
}

/// Connections to the database.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Database {
    /// So many connections at most in each process of the service.
    #[config(env = "TRUNKLINE_DATABASE_CONNECTIONS", default = 10)]
    pub connections: std::num::NonZeroUsize,
}

/// What is done about pending migrations at start.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Migrations {
    /// apply: apply them; wait: wait until another job has; check: refuse to start; off: do not look.
    #[config(env = "TRUNKLINE_MIGRATIONS", default = "apply")]
    pub at_start: AtStart,
}

/// What is done about pending migrations at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtStart {
    /// Apply them.
    Apply,
    /// Wait until another job has.
    Wait,
    /// Refuse to start.
    Check,
    /// Do not look.
    Off,
}

/// The log, on standard error.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Log {
    /// What is logged, as a level (error, warn, info, debug) or targets with levels
    /// (info,trunkline_store=debug).
    #[config(env = "TRUNKLINE_LOG", default = "info")]
    pub filter: String,
    /// auto: for people on a terminal, JSON elsewhere; or human, or json.
    #[config(env = "TRUNKLINE_LOG_FORMAT", default = "auto")]
    pub format: LogFormat,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Traces of requests, queries and calls of providers.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Traces {
    /// The address of a collector that takes OTLP over HTTP, as `http://127.0.0.1:4318`; without one
    /// there are no traces.
    #[config(env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

/// Signing in to the admin interface.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct SignIn {
    /// After so many minutes without a request a session ends.
    #[config(default = 60)]
    pub idle_minutes: u32,
    /// After so many hours a session ends in any case.
    #[config(default = 12)]
    pub session_hours: u32,
}

/// The providers' addresses, to be changed for a proxy or a simulator.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Providers {
    /// 360dialog's Partner API.
    #[config(default = "https://hub.360dialog.io")]
    pub dialog360_url: String,
    /// Meta's Graph API.
    #[config(default = "https://graph.facebook.com")]
    pub meta_url: String,
    /// The version of the Graph API of accounts that name none.
    #[config(default = "v25.0")]
    pub graph_version: String,
    /// Twilio's REST API.
    #[config(default = "https://api.twilio.com")]
    pub twilio_url: String,
    /// Whether URLs that users give may lead to loopback and private addresses: for a simulator or a
    /// provider behind a proxy of one's own, never otherwise.
    #[config(env = "TRUNKLINE_ALLOW_PRIVATE_ADDRESSES", default = false)]
    pub allow_private_addresses: bool,
}

/// How often the providers are called for one partner account, by all replicas together. What each
/// provider allows is stated in docs/providers.md, and how sure that is.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Calls {
    /// 360dialog's Partner API: so many calls at most …
    #[config(default = 5)]
    pub dialog360_calls: u16,
    /// … in so many seconds.
    #[config(default = 30)]
    pub dialog360_seconds: u16,
    /// Meta: so many calls in an hour for each WhatsApp Business Account, number or app.
    #[config(default = 5000)]
    pub meta_calls_per_hour: u32,
    /// Meta: when so much of its own budget is used up, in percent, calls are five seconds apart.
    #[config(default = 80)]
    pub meta_slow_from_percent: u8,
    /// Twilio: so many calls in a second.
    #[config(default = 20)]
    pub twilio_calls_per_second: u16,
    /// How many seconds a call waits for its turn before it is given up.
    #[config(default = 20)]
    pub patience_seconds: u16,
    /// How many seconds a job waits for its turn.
    #[config(default = 300)]
    pub job_patience_seconds: u16,
}

/// A `trunkline.toml` with every setting, its meaning and its default.
pub fn template() -> String {
    confique::toml::template::<Configuration>(confique::toml::FormatOptions::default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_in_the_documentation_is_this_file() {
        let page = include_str!("../../../docs/configuration.md");
        let block = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        if std::env::var_os("RECORD").is_some() { std::fs::write("/tmp/clients-template.toml", super::template()).unwrap(); }
        let hint = "write it anew: cargo run -- config template, into docs/configuration.md";
        assert_eq!(block.map(str::trim_end), Some(super::template().trim_end()), "{hint}");
    }
}
