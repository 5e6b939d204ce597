//! The cluster from outside: what it does, stopping it, discarding it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::{Error, account::Account, layout::Layout, server, server::Server};

/// How long an orderly stop may take before the server is stopped at once.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a cluster is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// There is none in the directory.
    Absent,
    /// There is one, and no server runs on it.
    Stopped {
        /// Major version of PostgreSQL that made the data.
        version: u32,
    },
    /// It is starting or stopping.
    Changing,
    /// A server runs.
    Running {
        /// Major version of PostgreSQL.
        version: u32,
        /// The server's process id.
        pid: i32,
        /// The directory of its socket.
        socket_directory: PathBuf,
        /// The socket's port.
        socket_port: u16,
        /// The port on 127.0.0.1, where one was asked for.
        tcp_port: Option<u16>,
        /// Whether it stays without users, until it is stopped.
        kept: bool,
    },
}

impl Status {
    /// The URL of a database over the Unix socket, where a server runs.
    pub fn url(&self, database: &str) -> Option<String> {
        match self {
            Self::Running { socket_directory, socket_port, .. } => {
                Some(server::socket_url(socket_directory, *socket_port, database))
            }
            Self::Absent | Self::Stopped { .. } | Self::Changing => None,
        }
    }
}

/// What the cluster in `directory` is doing; changes nothing.
pub fn status(directory: &Path) -> Result<Status, Error> {
    let layout = Layout::new(directory)?;
    let locked = is_locked(&layout.lock())?;
    let Some(version) = layout.data_version() else {
        return Ok(if locked { Status::Changing } else { Status::Absent });
    };
    if !locked {
        return Ok(Status::Stopped { version });
    }
    Ok(match (server::living_process(&layout), Server::read(&layout)) {
        (Some(_), Some(server)) => Status::Running {
            version,
            pid: server.pid,
            tcp_port: server.listens_on_tcp.then_some(server.port),
            socket_directory: server.socket_directory,
            socket_port: server.port,
            kept: layout.keep().exists(),
        },
        _ => Status::Changing,
    })
}

/// Stops the cluster in `directory`, whoever uses it; false where it did not run.
pub async fn stop(directory: &Path) -> Result<bool, Error> {
    let layout = Layout::new(directory)?;
    if !is_locked(&layout.lock())? {
        return Ok(false);
    }
    wait_until_free(&layout, || is_locked(&layout.lock()).map(|locked| (!locked).then_some(())))
        .await?;
    Ok(true)
}

/// Stops the cluster in `directory` and removes its data; false where there were none.
pub async fn reset(directory: &Path) -> Result<bool, Error> {
    let layout = Layout::new(directory)?;
    if !layout.directory.exists() {
        return Ok(false);
    }
    let account = Account::for_directory(&layout.directory)?;
    // Held to the end, so that nobody starts a server on what is being removed.
    let _lock: File = wait_until_free(&layout, || layout.try_lock(&account)).await?;
    let existed = layout.data().exists();
    for directory in [layout.data(), layout.staging()] {
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &directory)(error));
            }
            _ => {}
        }
    }
    Ok(existed)
}

/// Tells the server to stop until `free` gives something: what is starting has no process yet, and is told later.
async fn wait_until_free<T>(
    layout: &Layout,
    free: impl Fn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let begun = Instant::now();
    let mut told = None;
    loop {
        if let Some(value) = free()? {
            return Ok(value);
        }
        let pid = server::living_process(layout);
        if begun.elapsed() > PATIENCE * 2 {
            let seconds = begun.elapsed().as_secs();
            return Err(Error::DidNotStop { directory: layout.directory.clone(), seconds });
        }
        let signal = if begun.elapsed() > PATIENCE { Signal::QUIT } else { Signal::INT };
        if let Some(pid) = pid
            && told != Some((pid, signal))
        {
            server::signal(pid, signal);
            told = Some((pid, signal));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

fn is_locked(lock: &Path) -> Result<bool, Error> {
    let file = match File::open(lock) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::file("open", lock)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(source)) => Err(Error::file("lock", lock)(source)),
    }
}
