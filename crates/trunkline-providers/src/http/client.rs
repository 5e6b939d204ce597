use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::guard::Guard;

/// How requests are made. The default is for providers' APIs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The header `User-Agent`.
    pub user_agent: String,
    /// How long name resolution, connection and TLS may take.
    pub connect_timeout: Duration,
    /// How long the whole call may take, up to the last byte of the answer.
    pub timeout: Duration,
    /// The longest answer that is read, in bytes.
    pub response_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: concat!("trunkline/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            response_limit: 4 * 1024 * 1024,
        }
    }
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The TLS library refuses its configuration.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refuses its configuration.
    #[error("the HTTP client cannot be set up; look at the user agent: {0}")]
    Client(#[from] reqwest::Error),
}

/// Sends requests. Clones share their connections, so make one and keep it.
#[derive(Clone)]
pub struct Http {
    pub(super) client: Client,
    pub(super) guard: Guard,
    pub(super) timeout: Duration,
    pub(super) response_limit: usize,
}

impl Http {
    /// Makes the client: TLS by rustls with the system's root certificates, connections kept for reuse, no proxy
    /// (which would resolve names past the guard), and every name resolved by the guard.
    #[expect(clippy::disallowed_methods, reason = "this is the one factory")]
    pub fn new(options: &Options, guard: Guard) -> Result<Self, BuildError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .user_agent(&options.user_agent)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(16)
            // `send` follows the few that are allowed: it knows the method, and asks the guard again.
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard.clone()))
            .build()?;
        let Options { timeout, response_limit, .. } = *options;
        Ok(Self { client, guard, timeout, response_limit })
    }

    /// The guard that every request passes.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!(
            "no root certificates on this system: install ca-certificates, or no https address is trusted"
        );
    }
    let provider = Arc::new(ring::default_provider());
    let configuration = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(configuration)
}
