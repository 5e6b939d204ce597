//! A provider on loopback that answers as a test tells it to: also slowly, endlessly, or with lies.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use trunkline_core::Clock;
use trunkline_providers::{
    guard::Guard,
    http::{Http, Options, Url},
    report::Report,
};

/// What arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    head: String,
    pub(crate) body: String,
}

impl Request {
    /// The query's parameters.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let url = Url::parse(&format!("http://provider.test{}", self.target)).unwrap();
        let mut pairs = url.query_pairs();
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// What goes back.
pub(crate) enum Answer {
    Json(u16, Value),
    /// Status, header lines, body.
    Text(u16, String, String),
    /// Half of the body that was promised.
    Cut,
    /// A body without an end.
    Endless,
    /// A byte of the head now and then.
    Drip,
    /// Nothing, and the connection stays open.
    Hang,
    /// Nothing, and the connection is closed.
    Drop,
    /// Not HTTP.
    Garbage,
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

pub(crate) struct Fake {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    pub(crate) async fn start(
        handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, count) = (seen.clone(), connections.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, handler.clone(), log.clone()));
            }
        });
        Self { address, seen, connections, task }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, log: Arc<Mutex<Vec<Request>>>) {
    while let Some(request) = read(&mut stream).await {
        log.lock().unwrap().push(request.clone());
        if respond(&mut stream, handler(&request)).await.is_none() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        // A TLS client: what a plain server says to it is not TLS.
        if head[0] == 0x16 {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok()?;
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.into(), words.next()?.into());
    let request = Request { method, target, head: head.clone(), body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { body: String::from_utf8(body).ok()?, ..request })
}

/// `None` ends the connection.
async fn respond(stream: &mut TcpStream, answer: Answer) -> Option<()> {
    match answer {
        Answer::Json(status, body) => {
            let headers = "content-type: application/json\r\n".to_owned();
            return write(stream, status, &headers, &body.to_string()).await;
        }
        Answer::Text(status, headers, body) => return write(stream, status, &headers, &body).await,
        Answer::Cut => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":")
                .await
                .ok()?;
        }
        Answer::Endless => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await
                .ok()?;
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        }
        Answer::Drip => {
            let head = b"HTTP/1.1 200 OK\r\nx-slow: ".iter().chain(std::iter::repeat(&b'x'));
            for byte in head {
                stream.write_u8(*byte).await.ok()?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Answer::Hang => std::future::pending::<()>().await,
        Answer::Drop => {}
        Answer::Garbage => stream.write_all(b"220 mail.example ESMTP\r\n").await.ok()?,
    }
    None
}

async fn write(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.ok()
}

/// A client that may call this machine; patient, because the machine may be busy.
pub(crate) fn http() -> Http {
    http_with(Duration::from_secs(15))
}

pub(crate) fn http_with(timeout: Duration) -> Http {
    let options = Options { timeout, response_limit: 64 * 1024, ..Options::default() };
    Http::new(&options, Guard::new().allow_loopback()).unwrap()
}

/// 2026-11-22, noon.
pub(crate) fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// A clock that stands at noon.
pub(crate) fn clock() -> Clock {
    Clock::standing(noon())
}

/// The report for a snapshot: the fake's address changes from run to run.
pub(crate) fn shown(report: &Report, fake: &Fake) -> String {
    let text = serde_json::to_string_pretty(report).unwrap();
    text.replace(&fake.address.to_string(), "provider.test")
}

/// Codes and levels, a line each.
pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}
