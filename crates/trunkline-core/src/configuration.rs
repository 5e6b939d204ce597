//! The configuration: each comment is the reference of the setting below it, and the environment
//! variables stand here. `docs/configuration.md` is generated from this file.
#![expect(clippy::doc_markdown, reason = "the comments are printed as they stand")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use confique::Config;
use serde::Deserialize;

use crate::Role;
use crate::secrets::Secret;

mod checked;

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
    /// Webhooks of the providers.
    #[config(nested)]
    pub webhooks: Webhooks,
    /// Events, and the alerts that time alone opens.
    #[config(nested)]
    pub events: Events,
    /// The server by which alerts go out as e-mail; without a host none do.
    #[config(nested)]
    pub mail: Mail,
    /// How often the providers are called for one partner account, by all replicas together.
    #[config(nested)]
    pub calls: Calls,
    /// Syncs: what the providers say is compared with what is written down here.
    #[config(nested)]
    pub syncs: Syncs,
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
    #[config(env = "TRUNKLINE_PUBLIC_URL", deserialize_with = checked::origin)]
    pub public_url: Option<String>,
    /// The addresses of reverse proxies, whose X-Forwarded-For tells the client's address.
    #[config(default = [])]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// How many seconds requests and jobs have to finish after SIGTERM.
    #[config(default = 20)]
    pub drain_seconds: u64,
    /// How many seconds one request may take.
    #[config(default = 30, deserialize_with = checked::at_least_1)]
    pub request_seconds: u64,
    /// How many requests one API key may make in a minute.
    #[config(default = 600, deserialize_with = checked::at_least_1)]
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
    #[config(env = "OTEL_EXPORTER_OTLP_ENDPOINT", deserialize_with = checked::base_url)]
    pub otlp_endpoint: Option<String>,
}

/// Signing in to the admin interface.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct SignIn {
    /// After so many minutes without a request a session ends.
    #[config(default = 60, deserialize_with = checked::at_least_1)]
    pub idle_minutes: u32,
    /// After so many hours a session ends in any case.
    #[config(default = 12, deserialize_with = checked::at_least_1)]
    pub session_hours: u32,
    /// Whether people may sign in with a password of Trunkline's. Without, OpenID Connect is the only
    /// way in, apart from the setup link of the first owner.
    #[config(default = true)]
    pub password: bool,
    /// Signing in by OpenID Connect; there is none without an issuer. docs/people.md tells how.
    #[config(nested)]
    pub oidc: Oidc,
}

/// Signing in by OpenID Connect.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Oidc {
    /// The issuer, to the letter as its discovery document names it, as `https://login.example.com`.
    #[config(env = "TRUNKLINE_OIDC_ISSUER")]
    pub issuer: Option<String>,
    /// The id that the issuer has given to this service. There, allow the redirect URI
    /// `<public_url>/admin/sign-in/oidc/callback`.
    #[config(env = "TRUNKLINE_OIDC_CLIENT_ID")]
    pub client_id: Option<String>,
    /// The secret that the issuer has given to this service; a public client has none.
    #[config(env = "TRUNKLINE_OIDC_CLIENT_SECRET")]
    pub client_secret: Option<Secret>,
    /// A file that holds the secret, so that it stands in no configuration.
    pub client_secret_file: Option<PathBuf>,
    /// What the issuer is asked for; `openid` must be among them.
    #[config(default = ["openid", "email", "profile"])]
    pub scopes: Vec<String>,
    /// What the button of the sign-in page says after "Sign in with".
    #[config(default = "your organisation")]
    pub label: String,
    /// The claim of the ID token that holds somebody's groups or roles, as `groups`, or
    /// `realm_access.roles` within objects. With it the issuer decides roles, at every sign-in.
    pub role_claim: Option<String>,
    /// Which role a value of that claim gives: owner, admin, operator or viewer, as
    /// `{ trunkline-admins = "admin" }`. Of several the highest counts.
    #[config(default = {})]
    pub roles: BTreeMap<String, Role>,
    /// The role of everybody else; without it, whoever has none of these values is refused.
    pub default_role: Option<Role>,
    /// The domains of e-mail addresses that are let in; empty: any.
    #[config(default = [])]
    pub email_domains: Vec<String>,
    /// Whether somebody whom the issuer signs in for the first time is added as a user, if the issuer
    /// has verified their e-mail address.
    #[config(default = false)]
    pub create_users: bool,
    /// Whether somebody whom the issuer signs in for the first time is the user with the same e-mail
    /// address, if the issuer has verified it. Say so only for an issuer that you trust with that.
    #[config(default = false)]
    pub link_by_email: bool,
    /// Whether the issuer may be in a private network, or on this machine (there also by plain HTTP).
    #[config(default = false)]
    pub allow_private_address: bool,
}

/// The providers' addresses, to be changed for a proxy or a simulator.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Providers {
    /// 360dialog's Partner API.
    #[config(default = "https://hub.360dialog.io", deserialize_with = checked::base_url)]
    pub dialog360_url: String,
    /// 360dialog's Messaging API, which sends messages and is asked about the keys of channels.
    #[config(default = "https://waba-v2.360dialog.io", deserialize_with = checked::base_url)]
    pub dialog360_messaging_url: String,
    /// Meta's Graph API.
    #[config(default = "https://graph.facebook.com", deserialize_with = checked::base_url)]
    pub meta_url: String,
    /// The version of the Graph API of accounts that name none.
    #[config(default = "v25.0", deserialize_with = checked::graph_version)]
    pub graph_version: String,
    /// Twilio's REST API.
    #[config(default = "https://api.twilio.com", deserialize_with = checked::base_url)]
    pub twilio_url: String,
    /// Whether URLs that users give may lead to loopback and private addresses: for a simulator or a
    /// provider behind a proxy of one's own, never otherwise.
    #[config(env = "TRUNKLINE_ALLOW_PRIVATE_ADDRESSES", default = false)]
    pub allow_private_addresses: bool,
}

/// How webhooks are received and worked on.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Webhooks {
    /// So many work on what was received, in each process of the service; 0: none, another process does.
    #[config(env = "TRUNKLINE_WEBHOOK_WORKERS", default = 2)]
    pub workers: u8,
    /// What was received is kept for so many days.
    #[config(default = 14, deserialize_with = checked::at_least_1)]
    pub retention_days: u16,
    /// A secret that was replaced still verifies webhooks for so many hours; 0: no longer.
    #[config(default = 48)]
    pub previous_secret_hours: u16,
    /// After so many attempts that failed a webhook is a dead letter.
    #[config(default = 8, deserialize_with = checked::at_least_1)]
    pub attempts: u8,
}

/// Events, and the alerts that time alone opens.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Events {
    /// Events are kept for so many days, and dropped by whole weeks; 14 at least, as a webhook may be
    /// repeated for seven. The history of facts stays.
    #[config(default = 90, deserialize_with = checked::at_least_14)]
    pub retention_days: u16,
    /// A token that ends within so many days is worth an alert.
    #[config(default = 7)]
    pub token_days: u16,
    /// A partner account whose webhooks stay away for so many hours is worth an alert.
    #[config(default = 24)]
    pub silent_hours: u16,
}

/// The SMTP server by which alerts go out as e-mail; without a host none do. To whom is set on the page
/// of the alerts' destinations.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Mail {
    /// The server, as smtp.example.com.
    #[config(env = "TRUNKLINE_SMTP_HOST")]
    pub host: Option<String>,
    /// Its port.
    #[config(env = "TRUNKLINE_SMTP_PORT", default = 587)]
    pub port: u16,
    /// starttls: TLS is begun after the greeting, and demanded; tls: from the first byte, as on port 465;
    /// none: no TLS, for a server on this machine alone.
    #[config(env = "TRUNKLINE_SMTP_SECURITY", default = "starttls")]
    pub security: MailSecurity,
    /// A PEM file of certificates that vouch for the server, beside those of the system.
    #[config(env = "TRUNKLINE_SMTP_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The user name; without one nobody signs in.
    #[config(env = "TRUNKLINE_SMTP_USER")]
    pub user: Option<String>,
    /// The password of that user.
    #[config(env = "TRUNKLINE_SMTP_PASSWORD")]
    pub password: Option<Secret>,
    /// A file that holds the password, so that it stands in no configuration.
    pub password_file: Option<PathBuf>,
    /// Who the sender is, as `Trunkline <alerts@example.com>`.
    #[config(env = "TRUNKLINE_SMTP_FROM")]
    pub from: Option<String>,
}

/// How a connection to the SMTP server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS is begun after the greeting.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None.
    None,
}

/// How often the providers are called for one partner account, by all replicas together. What each
/// provider allows is stated in docs/providers.md, and how sure that is.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Calls {
    /// 360dialog's Partner API: so many calls at most …
    #[config(default = 5, deserialize_with = checked::at_least_1)]
    pub dialog360_calls: u16,
    /// … in so many seconds.
    #[config(default = 30, deserialize_with = checked::at_least_1)]
    pub dialog360_seconds: u16,
    /// Meta: so many calls in an hour for each WhatsApp Business Account, number or app.
    #[config(default = 5000, deserialize_with = checked::at_least_1)]
    pub meta_calls_per_hour: u32,
    /// Meta: when so much of its own budget is used up, in percent, calls are five seconds apart.
    #[config(default = 80)]
    pub meta_slow_from_percent: u8,
    /// Twilio: so many calls in a second.
    #[config(default = 20, deserialize_with = checked::at_least_1)]
    pub twilio_calls_per_second: u16,
    /// So many messages a number may send in a second by the pass-through, at any provider.
    #[config(default = 80, deserialize_with = checked::at_least_1)]
    pub messages_per_second: u16,
    /// How many seconds a call waits for its turn before it is given up.
    #[config(default = 20)]
    pub patience_seconds: u16,
    /// How many seconds a job waits for its turn.
    #[config(default = 300)]
    pub job_patience_seconds: u16,
}

/// Syncs: what the providers say is compared with what is written down here. docs/sync.md tells how.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Syncs {
    /// Every active partner account is compared so many minutes after it last was; 0: only when
    /// somebody asks for it, or a webhook hints at something.
    #[config(env = "TRUNKLINE_SYNC_MINUTES", default = 360)]
    pub interval_minutes: u32,
    /// So many run at a time in each process of the service; 0: none, another process does.
    #[config(env = "TRUNKLINE_SYNC_WORKERS", default = 2)]
    pub workers: u8,
    /// Reports are kept for so many days, the last one of each partner account for ever.
    #[config(default = 90, deserialize_with = checked::at_least_1)]
    pub retention_days: u16,
    /// A client or channel that is being set up for so many hours is worth an alert; 0: never.
    #[config(default = 72)]
    pub stuck_hours: u16,
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
        let hint = "write it anew: cargo run -- config template, into docs/configuration.md";
        assert_eq!(block.map(str::trim_end), Some(super::template().trim_end()), "{hint}");
    }
}
