//! What a running server says of itself in `postmaster.pid` and `postmaster.opts`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use tokio_postgres::{Client, Config, NoTls};

use crate::layout::Layout;

/// The only database user: the owner of everything.
pub(crate) const USER: &str = "trunkline";

/// A server as its `postmaster.pid` describes it; it may have died since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) pid: i32,
    /// Seconds since 1970.
    pub(crate) started: u64,
    pub(crate) port: u16,
    pub(crate) socket_directory: PathBuf,
    pub(crate) listens_on_tcp: bool,
}

impl Server {
    pub(crate) fn read(layout: &Layout) -> Option<Self> {
        Self::parse(&fs::read_to_string(layout.data().join("postmaster.pid")).ok()?)
    }

    /// Lines (miscadmin.h): pid, data directory, start, port, socket directory, listen address, shared memory, state.
    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        // The lines are added one by one while the server starts; the state comes last.
        let &[pid, _, started, port, socket_directory, address, _, _] = lines.as_slice() else {
            return None;
        };
        Some(Self {
            pid: pid.trim().parse().ok()?,
            started: started.trim().parse().ok()?,
            port: port.trim().parse().ok()?,
            socket_directory: PathBuf::from(socket_directory),
            listens_on_tcp: !address.trim().is_empty(),
        })
    }

    /// Connects over the socket; the connection ends with the client.
    pub(crate) async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = Config::new()
            .host_path(&self.socket_directory)
            .port(self.port)
            .user(USER)
            .dbname(database)
            .application_name("trunkline-postgres")
            .connect_timeout(Duration::from_secs(10))
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// The URL of a database over the Unix socket, as libpq, tokio-postgres and sqlx read it.
pub(crate) fn socket_url(directory: &Path, port: u16, database: &str) -> String {
    let directory = encode(&directory.to_string_lossy());
    format!("postgresql://{USER}@{directory}:{port}/{}", encode(database))
}

/// Percent-encodes everything that has a meaning in a URL.
pub(crate) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The process in `postmaster.pid`, where it lives and is a server on this data directory, not another that got its number.
pub(crate) fn living_process(layout: &Layout) -> Option<Pid> {
    let text = fs::read_to_string(layout.data().join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    command_line(pid)?.contains(layout.data().to_str()?).then_some(pid)
}

/// Sends a signal to the server: `INT` disconnects the clients and stops in order, `QUIT` stops at once.
pub(crate) fn signal(pid: Pid, signal: Signal) {
    // One that has ended in between is as good as stopped.
    let _ = rustix::process::kill_process(pid, signal);
}

/// The directory of the running server's binaries.
pub(crate) fn binaries(layout: &Layout) -> Option<PathBuf> {
    let text = fs::read_to_string(layout.data().join("postmaster.opts")).ok()?;
    let (program, _) = text.split_once(" \"")?;
    Path::new(program).parent().map(Path::to_owned)
}

fn command_line(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero();
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Server;

    #[test]
    fn reads_a_complete_file_and_no_half_written_one() {
        let text = "71\n/d/data\n1700000000\n5432\n/d/socket\n\n  1 2\nready   \n";
        let server = Server::parse(text).unwrap();
        assert_eq!((server.pid, server.port, server.listens_on_tcp), (71, 5432, false));
        assert_eq!(server.socket_directory, Path::new("/d/socket"));
        assert!(Server::parse(&text.replace("\n\n", "\n127.0.0.1\n")).unwrap().listens_on_tcp);
        assert!(Server::parse("71\n/d/data\n1700000000\n5432\n").is_none());
    }
}
