use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Body;
use hyper::{Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use reqwest::Url;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};
use trunkline_core::Clock;

use crate::{
    guard::Guard,
    http::{Http, Options},
    simulator::{
        context::{Context, held},
        faults::{Fault, FaultKind, Faults},
        issue::Issue,
        log::{Log, Logged},
        request::Request,
        route,
        scene::Scene,
        schedule::Schedule,
        webhooks::{self, Delivered},
        world::World,
    },
};

/// The three providers, running until this is dropped.
pub struct Simulator {
    address: SocketAddr,
    context: Arc<Context>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Simulator {
    /// Starts on a free port of loopback, with a clock that runs and may be put forward.
    pub async fn start(seed: World) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), seed, Clock::adjustable()).await
    }

    /// Starts at an address, by a clock that others may share.
    pub async fn start_at(listen: SocketAddr, mut seed: World, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let client = |user_agent: &str, seconds: u64| {
            let options = Options {
                user_agent: user_agent.to_owned(),
                timeout: Duration::from_secs(seconds),
                ..Options::default()
            };
            Http::new(&options, Guard::new().allow_loopback()).map_err(io::Error::other)
        };
        seed.issue = Issue::salted(clock.now().as_millisecond());
        let context = Arc::new(Context {
            clock,
            http: client("facebookplatform/1.0", 10)?,
            webhooks: client("facebookexternalua", 15)?,
            base: format!("http://{address}"),
            seed: Mutex::new(seed.clone()),
            world: Mutex::new(seed),
            schedule: Mutex::new(Schedule::default()),
            asked: Notify::new(),
            faults: Mutex::new(Faults::default()),
            log: Mutex::new(Log::default()),
            delivered: Mutex::new(Vec::new()),
        });
        let tasks = vec![
            tokio::spawn(accept(listener, Arc::clone(&context))),
            tokio::spawn(webhooks::run(Arc::clone(&context))),
        ];
        Ok(Self { address, context, tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path of it.
    pub fn url(&self, path: &str) -> Url {
        let text = format!("{}{path}", self.context.base);
        Url::parse(&text).unwrap_or_else(|error| unreachable!("{text} is a URL: {error}"))
    }

    /// Meta's Graph API, without a version, as `providers.meta_url`.
    pub fn meta_url(&self) -> Url {
        self.url("/meta")
    }

    /// 360dialog's Partner API, with its version, as `providers.dialog360_url`.
    pub fn dialog360_url(&self) -> Url {
        self.url("/360dialog/api/v2")
    }

    /// 360dialog's messaging API; also the `address` of new channel keys.
    pub fn dialog360_messaging_url(&self) -> Url {
        self.url("/360dialog/waba")
    }

    /// All of Twilio's APIs, as `providers.twilio_url`.
    pub fn twilio_url(&self) -> Url {
        self.url("/twilio")
    }

    /// Its time.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// Looks at what the providers hold.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&held(&self.context.world))
    }

    /// Changes what the providers hold, without a webhook.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut held(&self.context.world))
    }

    /// Goes back to the seed; what is due, faults and records are forgotten.
    pub fn reset(&self) {
        self.context.reset();
    }

    /// Lets the world change by itself.
    pub(crate) fn step(&self, change: impl FnOnce(&mut Scene<'_>)) {
        self.context.step(change);
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        held(&self.context.faults).0.push(fault);
    }

    /// Lets everything go well again.
    pub fn forget_faults(&self) {
        held(&self.context.faults).0.clear();
    }

    /// Puts the clock forward, and does what is due then.
    pub fn advance(&self, by: SignedDuration) {
        self.context.advance(by);
    }

    /// The attempts to deliver webhooks, oldest first.
    pub fn delivered(&self) -> Vec<Delivered> {
        held(&self.context.delivered).clone()
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<Logged> {
        held(&self.context.log).entries().to_vec()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        held(&self.context.log).clear();
    }
}

async fn accept(listener: TcpListener, context: Arc<Context>) {
    // The connections end with the task that holds them.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, Arc::clone(&context)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, context: Arc<Context>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let context = Arc::clone(&context);
        async move { respond(&context, request.map(Body::new)).await }
    });
    // A client that went away is no event of ours.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error closes the connection without an answer.
async fn respond(context: &Context, request: hyper::Request<Body>) -> io::Result<Response<Body>> {
    let request = Request::read(request).await.ok_or(io::ErrorKind::InvalidData)?;
    let fault = held(&context.faults).take(&request);
    let mut answer = match &fault {
        Some(FaultKind::Refuse(words)) => words.answer(),
        Some(fault) if !fault.is_done() => return Err(cut(context, &request)),
        _ => route::answer(context, &request).await,
    };
    tokio::time::sleep(fault.as_ref().map(FaultKind::delay).unwrap_or_default()).await;
    match fault {
        Some(FaultKind::DoneButReset) => return Err(cut(context, &request)),
        Some(FaultKind::DoneButRefused(words)) => answer = words.answer(),
        Some(FaultKind::Truncated) => {
            context.note(&request, answer.status);
            return Ok(answer.into_half_a_response());
        }
        _ => {}
    }
    context.note(&request, answer.status);
    Ok(answer.into_response())
}

fn cut(context: &Context, request: &Request) -> io::Error {
    context.note(request, 0);
    io::ErrorKind::ConnectionReset.into()
}
