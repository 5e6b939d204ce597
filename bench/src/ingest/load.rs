//! Many connections, each with one request at a time.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio_postgres::Client;

use super::body::{request, status};
use super::database::channel;
use super::process::Running;

/// What a turn showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Requests in a second.
    pub rate: f64,
    /// Half of the requests took no longer, in seconds.
    pub p50: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// What the server took of the processors for one, in seconds; PostgreSQL apart.
    pub processor: f64,
    /// Commits for one.
    pub commits: f64,
}

/// Sends for a while; each webhook is another one.
pub(super) async fn measure(
    running: &Running,
    database: &Client,
    path: &str,
    connections: usize,
    duration: Duration,
    first_body: u64,
) -> Result<Measured> {
    ready(running.address, path).await?;
    let commits = commits(database).await?;
    let processor = running.processor_seconds()?;
    let began = Instant::now();
    let until = began + duration;
    let next = Rc::new(Cell::new(first_body));
    let goes_on = move || Instant::now() < until;
    let mut times = all(running.address, path, connections, &next, goes_on).await?;
    let seconds = began.elapsed().as_secs_f64();
    let processor = running.processor_seconds()? - processor;
    // What the server counts is told a moment late.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let commits = self::commits(database).await? - commits;
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(f64::NAN);
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let count = times.len() as f64;
    let (p50, p99) = (at(50), at(99));
    let (processor, commits) = (processor / count, commits / count);
    Ok(Measured { rate: count / seconds, p50, p99, processor, commits })
}

/// Sends so many webhooks; gives how many seconds that took.
pub(super) async fn send(
    running: &Running,
    path: &str,
    connections: usize,
    count: u32,
) -> Result<f64> {
    ready(running.address, path).await?;
    let next = Rc::new(Cell::new(0));
    let began = Instant::now();
    let left = Rc::clone(&next);
    let goes_on = move || left.get() < u64::from(count);
    let times = all(running.address, path, connections, &next, goes_on).await?;
    ensure!(times.len() == usize::try_from(count)?, "{} were answered of {count}", times.len());
    Ok(began.elapsed().as_secs_f64())
}

/// The seconds of every request.
async fn all(
    address: SocketAddr,
    path: &str,
    connections: usize,
    next: &Rc<Cell<u64>>,
    goes_on: impl Fn() -> bool + Clone + 'static,
) -> Result<Vec<f64>> {
    let tasks = LocalSet::new();
    let senders: Vec<_> = (0..connections)
        .map(|_| {
            let (path, next, goes_on) = (path.to_owned(), Rc::clone(next), goes_on.clone());
            tasks.spawn_local(async move {
                let mut connection = Connection::open(address).await?;
                let mut times = Vec::new();
                while goes_on() {
                    let number = next.replace(next.get() + 1);
                    let request = request(&path, &status(number, channel(number)));
                    let began = Instant::now();
                    let answered = connection.exchange(&request).await?;
                    ensure!(answered == 200, "a webhook was answered with {answered}");
                    times.push(began.elapsed().as_secs_f64());
                }
                Ok(times)
            })
        })
        .collect();
    tasks.await;
    let mut times = Vec::new();
    for sender in senders {
        times.extend(sender.await??);
    }
    Ok(times)
}

/// Waits until a webhook is taken.
async fn ready(address: SocketAddr, path: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let request = request(path, &status(u64::MAX, channel(0)));
        let mut connection = Connection::open(address).await?;
        match connection.exchange(&request).await {
            Ok(200) => return Ok(()),
            answered if began.elapsed() > Duration::from_secs(30) => {
                bail!("it takes none: {answered:?}")
            }
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// How many transactions the database has committed.
async fn commits(database: &Client) -> Result<f64> {
    let query = "
        SELECT pg_stat_get_db_xact_commit(oid)::FLOAT8
        FROM pg_database
        WHERE datname = current_database()";
    Ok(database.query_one(query, &[]).await?.get(0))
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and gives the status of the answer.
    async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.context("the answer has no Content-Length")?.trim().parse()?;
        while self.buffer.len() < head + length {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
        }
        Ok(text.get(9..12).unwrap_or_default().parse()?)
    }
}
