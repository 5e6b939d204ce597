use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use trunkline_core::configuration::{self, Calls, Configuration, Events, Providers, Syncs};
use trunkline_core::secrets::KeyRing;
use trunkline_core::{Clock, Random};
use trunkline_migrate::Migrator;
use trunkline_store::Store;
use trunkline_store::sessions::SessionLimits;

use crate::auth::KnownCallers;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::{ProviderClient, Webhooks};

/// What every handler works with; its clones are the same service. They are many to a request.
#[derive(Clone)]
pub struct State(Arc<Service>);

impl State {
    /// The service of these parts.
    pub fn new(service: Service) -> Self {
        Self(Arc::new(service))
    }
}

impl Deref for State {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.0
    }
}

/// Whatever is changed is changed for this clone alone, as tests do.
impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Service {
        Arc::make_mut(&mut self.0)
    }
}

/// The parts of the service.
#[derive(Clone)]
pub struct Service {
    /// The database.
    pub store: Store,
    /// The keys that seal secrets.
    pub keys: Arc<KeyRing>,
    /// The Partner API migrations on this database.
    pub migrator: Arc<Migrator>,
    /// What the configuration says.
    pub settings: Arc<Settings>,
    /// What tells the time.
    pub clock: Clock,
    /// Where tokens and nonces come from.
    pub random: Random,
    /// What calls the providers.
    pub providers: ProviderClient,
    /// Who called a moment ago.
    pub known: KnownCallers,
    /// Signing in by OpenID Connect; `None`: only with a password.
    pub oidc: Option<Arc<Oidc>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What receives webhooks.
    pub webhooks: Webhooks,
    /// How far the start has come.
    pub progress: Progress,
}

/// What the service needs of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How browsers and providers reach the service; without a slash at the end.
    pub public_url: String,
    /// Reverse proxies that are believed about the client's address.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a session lasts.
    pub session_limits: SessionLimits,
    /// Whether people may sign in with a password.
    pub password_sign_in: bool,
    /// How many requests one API key may make in a minute.
    pub requests_per_minute: u32,
    /// How long a request may take.
    pub request_limit: std::time::Duration,
    /// The providers' addresses.
    pub providers: Providers,
    /// How webhooks are received and worked on.
    pub webhooks: configuration::Webhooks,
    /// How long events are kept, and what time alone makes an alert of.
    pub events: Events,
    /// By which server alerts go out as e-mail.
    pub mail: configuration::Mail,
    /// How often the providers are called.
    pub calls: Calls,
    /// How often the providers are compared with what is written down.
    pub syncs: Syncs,
}

impl Settings {
    /// What the service needs of the configuration.
    pub fn new(configuration: &Configuration) -> Self {
        let server = &configuration.server;
        let public_url = server.public_url.clone();
        let sign_in = &configuration.sign_in;
        Self {
            public_url: public_url
                .unwrap_or_else(|| format!("http://{}", server.listen))
                .trim_end_matches('/')
                .to_owned(),
            trusted_proxies: server.trusted_proxies.clone(),
            session_limits: SessionLimits {
                idle: SignedDuration::from_mins(sign_in.idle_minutes.into()),
                absolute: SignedDuration::from_hours(sign_in.session_hours.into()),
            },
            password_sign_in: sign_in.password,
            requests_per_minute: server.requests_per_minute,
            request_limit: std::time::Duration::from_secs(server.request_seconds),
            providers: configuration.providers.clone(),
            webhooks: configuration.webhooks.clone(),
            events: configuration.events.clone(),
            mail: configuration.mail.clone(),
            calls: configuration.calls.clone(),
            syncs: configuration.syncs.clone(),
        }
    }

    /// Whether browsers reach the service by HTTPS, so that cookies may demand it.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// How far the start, or the stop, has come, in words for `/health/ready`; `None`: it serves.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Option<String>>>);

/// What is being done instead of serving after the service was told to stop: it answers what comes on
/// connections that are open, and is not ready for new ones.
pub(crate) const STOPPING: &str = "stopping";

impl Progress {
    /// Says that the service was told to stop.
    pub fn stop(&self) {
        self.set(Some(STOPPING.to_owned()));
    }

    /// Says what is being done instead of serving.
    pub fn set(&self, doing: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = doing;
    }

    /// What is being done instead of serving.
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
