//! A server as a process: started, asked whether it answers, and how much of the processors it took.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How many ticks of /proc are a second, on every Linux.
const TICKS: f64 = 100.0;

/// A process that ends, with what it started, when it is dropped.
pub(super) struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Running {
    /// Starts a server that listens at the address, which the caller has told it.
    pub(super) async fn start(mut command: Command, address: SocketAddr) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut running = Self { child: command.spawn()?, address };
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = running.child.try_wait()?;
            ensure!(ended.is_none(), "the server ended before it listened");
            ensure!(
                began.elapsed() < Duration::from_secs(30),
                "the server does not listen in 30 s"
            );
            sleep(Duration::from_millis(10)).await;
        }
        Ok(running)
    }

    /// What it and its children have taken of the processors, in seconds.
    pub(super) fn processor_seconds(&self) -> Result<f64> {
        let mut ticks = 0.0;
        for id in family(self.child.id()) {
            let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
            // The name, in parentheses, may hold spaces.
            let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let fields: Vec<&str> = fields.split_whitespace().collect();
            for field in fields.get(11..13).unwrap_or_default() {
                ticks += field.parse::<f64>()?;
            }
        }
        Ok(ticks / TICKS)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.child.id();
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for child in family(id).into_iter().skip(1) {
            let _ = Command::new("kill").arg("-9").arg(child.to_string()).status();
        }
    }
}

/// A process and its children.
fn family(id: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    std::iter::once(id)
        .chain(children.split_whitespace().filter_map(|id| id.parse().ok()))
        .collect()
}

/// An address that nobody listens at just now.
pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
