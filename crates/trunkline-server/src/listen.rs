use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tower::ServiceExt;

/// How long clients may take, and how long a stop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the head of a request.
    pub head: Duration,
    /// For what is being answered when the service is told to stop.
    pub drain: Duration,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drained {
    /// How many connections were cut off.
    pub cut_off: usize,
    /// What is left of the limit.
    pub left: Duration,
}

/// Answers until `stop` ends, then finishes what is being answered, within the limit.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> Drained {
    let graceful = GracefulShutdown::new();
    // Each connection holds one, since what is shut down tells no more how many are left.
    let open = Arc::new(());
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                answer(stream, peer, router.clone(), limits, &graceful, Arc::clone(&open));
            }
            Err(error) => {
                // Out of file descriptors, most likely: others must close theirs first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let deadline = Instant::now() + limits.drain;
    let ended = tokio::time::timeout_at(deadline, graceful.shutdown()).await;
    let cut_off = if ended.is_ok() { 0 } else { Arc::strong_count(&open) - 1 };
    Drained { cut_off, left: deadline.saturating_duration_since(Instant::now()) }
}

fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    graceful: &GracefulShutdown,
    open: Arc<()>,
) {
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // A client that went away or sent nonsense is no event of ours.
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
        drop(open);
    });
}
