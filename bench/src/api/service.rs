//! The service in this process, and beside it the floor: a handler that runs `SELECT 1` on the same pool.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::Router;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::routing::get;
use confique::{Config as _, Layer as _};
use tokio::net::TcpListener;
use trunkline_core::configuration::Configuration;
use trunkline_core::secrets::{Key, KeyRing};
use trunkline_core::{Clock, Random};
use trunkline_migrate::{Migrator, Options, Target};
use trunkline_server::{
    KnownCallers, Limits, Metrics, Progress, ProviderClient, Settings, State, Webhooks, router,
    serve,
};
use trunkline_store::{PoolOptions, Store, partner_migrations};

/// Where both listen.
pub(super) struct Service {
    pub address: SocketAddr,
    pub floor: SocketAddr,
}

impl Service {
    /// Serves the database at `url` until the process ends.
    pub(super) async fn start(url: &str) -> Result<Self> {
        let target = Target::parse(url)?;
        let defaults = <Configuration as confique::Config>::Layer::default_values();
        let mut configuration = Configuration::from_layer(defaults)?;
        configuration.server.requests_per_minute = u32::MAX;
        let random = Random::system();
        let keys = KeyRing::parse(&Key::generate(&mut random.clone()).to_text())
            .map_err(|error| anyhow!("the key ring: {error}"))?;
        let metrics: Arc<Metrics> = Arc::default();
        let state = State::new(trunkline_server::Service {
            store: Store::new(target.clone(), PoolOptions::default()),
            keys: Arc::new(keys),
            migrator: Arc::new(Migrator::new(
                partner_migrations()?,
                target.clone(),
                Options::default(),
            )),
            settings: Arc::new(Settings::new(&configuration)),
            providers: ProviderClient::new(&configuration.providers),
            oidc: None,
            clock: Clock::system(),
            random,
            webhooks: Webhooks::start(target, &metrics),
            metrics,
            progress: Progress::default(),
            known: KnownCallers::default(),
        });
        let floor = Router::new().route("/", get(select_1)).with_state(state.store.clone());
        Ok(Self { floor: listen(floor).await?, address: listen(router(state)).await? })
    }
}

async fn select_1(Extract(store): Extract<Store>) -> Result<&'static str, StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    store.connection().await.map_err(failed)?.ping().await.map_err(failed)?;
    Ok("1")
}

async fn listen(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let limits = Limits { head: Duration::from_secs(10), drain: Duration::ZERO };
    tokio::spawn(serve(listener, router, limits, pending()));
    Ok(address)
}
