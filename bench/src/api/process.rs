//! `trunkline serve` as a process: how soon it is ready, and what it holds when nobody asks.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use super::client::{Client, Request};
use super::platform::PLATFORM_KEY;
use crate::measure::Spread;
use crate::program::program;
use crate::workspace;

/// A key of no one's.
const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// What a start took, in seconds, and the resident memory afterwards, in MiB.
pub(super) struct Measured {
    pub start: Spread,
    pub memory: f64,
}

/// Starts it some times on the migrated database at `url`.
pub(super) async fn measure(url: &str, scratch: &Path, rounds: usize) -> Result<Measured> {
    let (mut starts, mut memories) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (running, address, took) = start(url, scratch).await?;
        // Requests fill the pool and what is kept of them, then it rests.
        let mut client = Client::connect(address).await?;
        client.time(&Request::with_key("/api/v1/channels", PLATFORM_KEY), 50).await?;
        drop(client);
        sleep(Duration::from_secs(1)).await;
        let memory = running.resident_mebibytes()?;
        if round > 0 {
            starts.push(took.as_secs_f64());
            memories.push(memory);
        }
    }
    Ok(Measured { start: Spread::of(starts), memory: Spread::of(memories).median })
}

/// A process that ends when it is dropped.
struct Running(Child);

impl Running {
    fn resident_mebibytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.context("the kernel tells no resident memory")?;
        Ok(kibibytes.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// From the fork to the first answer of `/health/ready` that says so.
async fn start(url: &str, scratch: &Path) -> Result<(Running, SocketAddr, Duration)> {
    let address = free_address()?;
    let mut command: Command = program(workspace::program("trunkline")?);
    command
        .args(["serve", "--database-url", url, "--listen", &address.to_string()])
        .env("TRUNKLINE_KEYS", KEY)
        .env("TRUNKLINE_LOG", "warn")
        .current_dir(scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut running = Running(command.spawn().context("starting trunkline serve")?);
    loop {
        if is_ready(address).await {
            return Ok((running, address, began.elapsed()));
        }
        let ended = running.0.try_wait()?;
        ensure!(ended.is_none(), "trunkline serve ended before it was ready");
        ensure!(began.elapsed() < Duration::from_secs(30), "trunkline serve is not ready in 30 s");
        sleep(Duration::from_millis(1)).await;
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(address).await else { return false };
    let answer = client.get(&Request::new("/health/ready", "Accept: */*")).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// An address that nobody listens at just now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
