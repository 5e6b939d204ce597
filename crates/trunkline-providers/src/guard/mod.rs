//! Keeps requests to URLs that people typed away from our own networks (server-side request forgery).
//!
//! Every request passes [`Guard::examine`], and every connection of the HTTP client resolves its host name by
//! [`Guard::resolve`]: what is connected to is the address that was examined, so a name that changes its mind in
//! between (DNS rebinding) gains nothing.

mod address;
mod refusal;
mod resolver;

use std::{net::IpAddr, sync::Arc};

use reqwest::Url;

use address::is_private;
pub use address::is_public;
pub use refusal::Refusal;
pub use resolver::{Found, Lookup, SystemLookup};

/// The longest URL that is taken, in bytes.
const LONGEST: usize = 2048;

/// Which URLs may be called.
#[derive(Clone)]
pub struct Guard {
    loopback: bool,
    private: bool,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// https to public addresses, by the system's name resolution.
    pub fn new() -> Self {
        Self { loopback: false, private: false, lookup: Arc::new(SystemLookup) }
    }

    /// Also allows this very machine, there by plain http too: for tests and the simulator.
    #[must_use]
    pub fn allow_loopback(self) -> Self {
        Self { loopback: true, ..self }
    }

    /// Also allows the private networks of an organisation by https, and this machine: for a host that whoever
    /// configures the service has named, never for a URL of a form. A cloud's metadata service stays closed.
    #[must_use]
    pub fn allow_private(self) -> Self {
        Self { private: true, ..self.allow_loopback() }
    }

    /// Resolves names by something else.
    #[must_use]
    pub fn with_lookup(self, lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, ..self }
    }

    /// Reads a URL that a person gave.
    pub fn parse(&self, text: &str) -> Result<Url, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::TooLong { most: LONGEST });
        }
        // The URL standard drops these without a word; what is stored would not be what is called.
        if text.chars().any(|character| character.is_control() || character.is_whitespace()) {
            return Err(Refusal::Characters);
        }
        let url = Url::parse(text).map_err(|error| Refusal::Unreadable(error.to_string()))?;
        self.examine(&url)?;
        Ok(url)
    }

    /// Looks at everything that needs no name resolution: scheme, credentials, an address in place of a name.
    pub fn examine(&self, url: &Url) -> Result<(), Refusal> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refusal::NoHost)?;
        let literal = literal(host);
        let local =
            literal.map_or_else(|| is_local(host), |address| address.to_canonical().is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if local && self.loopback => {}
            "http" => return Err(Refusal::PlainHttp),
            other => return Err(Refusal::Scheme(other.to_owned())),
        }
        if local && !self.loopback {
            return Err(Refusal::Loopback { host: host.to_owned() });
        }
        literal.map_or(Ok(()), |address| self.admit(host, address))
    }

    /// The addresses of a host name, if all of them may be called.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Refusal> {
        let found = self.lookup.lookup(host.to_owned()).await;
        let addresses = found.map_err(|error| Refusal::Unresolved {
            host: host.to_owned(),
            words: error.to_string(),
        })?;
        if addresses.is_empty() {
            return Err(Refusal::Unresolved {
                host: host.to_owned(),
                words: "no address".to_owned(),
            });
        }
        for address in &addresses {
            // Whoever answers for `localhost` must not lead plain http out of this machine.
            if is_local(host) && !address.to_canonical().is_loopback() {
                return Err(Refusal::Address { host: host.to_owned(), address: *address });
            }
            self.admit(host, *address)?;
        }
        Ok(addresses)
    }

    /// All that can be said before a request: for forms, so that a bad URL is not stored.
    pub async fn vet(&self, text: &str) -> Result<Url, Refusal> {
        let url = self.parse(text)?;
        let host = url.host_str().unwrap_or_default();
        if literal(host).is_none() {
            self.resolve(host).await?;
        }
        Ok(url)
    }

    fn admit(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let is_open = is_public(address)
            || (self.loopback && address.to_canonical().is_loopback())
            || (self.private && is_private(address));
        if is_open {
            return Ok(());
        }
        Err(Refusal::Address { host: host.to_owned(), address })
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

/// A host that is an address; the URL parser has already made `0x7f.1` and `2130706433` into `127.0.0.1`.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Names that always mean this machine (RFC 6761, 6.3).
fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}
