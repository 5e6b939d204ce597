//! `trunkline serve`: the service, from its configuration to its last answer.

mod jobs;
pub(crate) mod logging;
mod migrations;
mod platform;
mod traces;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tracing::{info, warn};
use trunkline_core::secrets::KeyRing;
use trunkline_core::{Clock, Random};
use trunkline_migrate::{ExitStatus, Interrupt, Migrator, Options};
use trunkline_server::{
    Drained, KnownCallers, Limits, Metrics, Progress, ProviderClient, Service, Settings, State,
    Webhooks,
};
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::{PoolOptions, Store};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{GOOD, Printer};
use crate::{interrupt, keys};
use jobs::Jobs;

#[derive(Args, Default)]
pub(crate) struct Arguments {
    /// The address of the service, instead of the configuration's
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// How long a client may take for the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

#[cfg(feature = "simulator")]
impl Arguments {
    /// At an address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { listen: Some(address) }
    }
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    run_with(global, arguments, printer, async |_| Ok(())).await
}

/// Serves; what is to be done once it does is done before anything else may end it.
pub(crate) async fn run_with(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
    ready: impl AsyncFnOnce(&State) -> Result<(), Failure>,
) -> Result<ExitStatus, Failure> {
    let mut config = Config::load(global)?;
    config.mail = config.mail()?;
    config.server.listen = arguments.listen.unwrap_or(config.server.listen);
    let traces = logging::start(&config)?;
    let stop = interrupt::listen_and_say(
        "stopping: what is being answered is finished (again: end at once)",
    );

    let listener = bind(config.server.listen).await?;
    // Port 0 takes any that is free.
    config.server.listen = listener.local_addr().unwrap_or(config.server.listen);
    let oidc = config.oidc()?;
    let keys = keys::ring_for_service(global, &config).await?;
    let connection = Connection::open(global).await?;
    platform::prepare(&connection).await?;
    let mut state = service(&config, &connection, keys, &stop)?;
    state.oidc = oidc.map(Arc::new);

    // It listens before it migrates, so that its readiness tells how far that is.
    state.progress.set(Some("starting".to_owned()));
    let service = listen(listener, &config, &state, &stop).await?;
    let started = start(&config, &state).await;
    if let Err(failure) = started {
        service.abort();
        return Err(failure);
    }
    state.progress.set(None);
    announce(&state, printer).await?;
    ready(&state).await?;
    let jobs = Jobs::start(&state, &stop);

    // The jobs were told to stop at the same moment, and have the same end.
    let drained = service.await.unwrap_or_default();
    jobs.finish(drained.left).await;
    traces.flush().await;
    if drained.cut_off > 0 {
        warn!(connections = drained.cut_off, "stopped; what was still being answered was cut off");
    } else {
        info!("stopped; everything was answered");
    }
    Ok(ExitStatus::Done)
}

/// Everything that answers and works on jobs, at this database.
pub(crate) fn service(
    config: &Config,
    connection: &Connection,
    keys: KeyRing,
    stop: &Interrupt,
) -> Result<State, Failure> {
    let options = Options { interrupt: stop.clone(), ..Options::default() };
    let source = trunkline_store::partner_migrations()?;
    let pool = PoolOptions { size: config.database.connections, ..PoolOptions::default() };
    let metrics: Arc<Metrics> = Arc::default();
    Ok(State::new(Service {
        store: Store::new(connection.target.clone(), pool),
        keys: Arc::new(keys),
        migrator: Arc::new(Migrator::new(source, connection.target.clone(), options)),
        settings: Arc::new(Settings::new(config)),
        providers: ProviderClient::new(&config.providers),
        oidc: None,
        clock: Clock::system(),
        random: Random::system(),
        webhooks: Webhooks::start(connection.target.clone(), &metrics),
        metrics,
        progress: Progress::default(),
        known: KnownCallers::default(),
    }))
}

/// What must be so before anything but health is answered.
async fn start(config: &Config, state: &State) -> Result<(), Failure> {
    migrations::ensure_current(config.migrations.at_start, state).await?;
    keys::check_for_service(state).await
}

/// Answers in the background until asked to stop; gives how that went.
async fn listen(
    listener: TcpListener,
    config: &Config,
    state: &State,
    stop: &Interrupt,
) -> Result<tokio::task::JoinHandle<Drained>, Failure> {
    let drain = Duration::from_secs(config.server.drain_seconds);
    let limits = Limits { head: HEAD_LIMIT, drain };
    if let Some(address) = config.server.metrics_listen {
        let router =
            trunkline_server::metrics_router(Arc::clone(&state.metrics), state.store.clone());
        let (listener, stop) = (bind(address).await?, stop.clone());
        let serving = async move { stop.requested().await };
        tokio::spawn(trunkline_server::serve(listener, router, limits, serving));
        info!(address = %address, "metrics at /metrics");
    }
    let (stop, progress) = (stop.clone(), state.progress.clone());
    let stopping = async move {
        stop.requested().await;
        progress.stop();
    };
    let router = trunkline_server::router(state.clone());
    Ok(tokio::spawn(trunkline_server::serve(listener, router, limits, stopping)))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::AddrInUse {
            "another process listens there, perhaps a Trunkline; choose another address: --listen"
        } else {
            "choose another address: --listen, or server.listen in trunkline.toml"
        };
        Failure::failed(format!("cannot listen on {address}: {error}"), hint)
    })
}

/// Says where it serves, and, while there is no user, by which link the first one comes in. The link
/// is for whoever started the service, so it is no line of the log.
async fn announce(state: &State, printer: &Printer) -> Result<(), Failure> {
    let url = &state.settings.public_url;
    let link = state.people(system()).setup_link().await;
    let link = link.map_err(|error| Failure::failed(error.to_string(), error.hint()))?;
    info!("serving at {url}");
    printer.document(&serde_json::json!({ "url": url, "setup_link": link }));
    match link {
        Some(link) => printer.line(format_args!(
            "{GOOD}Trunkline serves at {url}{GOOD:#} - make the first administrator (once, within 24 hours): {link}"
        )),
        None => printer.line(format_args!("{GOOD}Trunkline serves at {url}{GOOD:#}")),
    }
    Ok(())
}

/// Who does what the start does, for the audit log.
pub(crate) fn system() -> Actor {
    let name = "trunkline serve".to_owned();
    Actor { kind: ActorKind::System, id: None, name, address: None, request_id: None }
}
