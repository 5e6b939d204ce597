//! Starts the supervisor: a shell that runs the server for as long as it has users.
//!
//! A shell, because every program that links this crate can start one: a test binary as well as ours, even after it
//! was replaced or deleted. It sleeps in a read of a FIFO, and costs a megabyte.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Stdio},
};

use crate::{
    Error, Options,
    account::Account,
    installation::Installation,
    layout::{Layout, open_owned},
    server,
};

const SCRIPT: &str = include_str!("supervisor.sh");

/// Starts the supervisor and through it the server, on a data directory that is there; hands the lock over to it.
///
/// The child's stdin tells it that the starter has its seat: drop it then.
pub(crate) fn start(
    layout: &Layout,
    account: &Account,
    installation: &Installation,
    options: &Options,
    lock: File,
) -> Result<Child, Error> {
    remove_stale_pid_file(layout)?;
    let keep = layout.keep();
    if keep.exists() {
        fs::remove_file(&keep).map_err(Error::file("remove", &keep))?;
    }
    let log = layout.log();
    if log.exists() {
        let old = layout.directory.join("log.old");
        fs::rename(&log, &old).map_err(Error::file("rename", &log))?;
    }
    let log = open_owned(&log, account)?;
    let arguments = arguments(layout, account, options)?;
    let shell = Path::new("/bin/sh");
    account
        .command(shell, &layout.directory)
        .arg("-c")
        .arg(SCRIPT)
        .arg("trunkline-postgres")
        .arg(&installation.directory)
        .arg(options.linger.as_secs().to_string())
        .args(arguments)
        // Out of the terminal's foreground group, so that its Ctrl-C does not reach the server.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::from(lock))
        .stderr(Stdio::from(log))
        .spawn()
        .map_err(Error::file("run", shell))
}

/// Trust on the socket is safe, as its directory lets nobody else in; TCP asks for the password.
fn arguments(
    layout: &Layout,
    account: &Account,
    options: &Options,
) -> Result<Vec<OsString>, Error> {
    let socket_directory = layout.create_socket_directory(account)?;
    let quoted = format!("\"{}\"", socket_directory.to_string_lossy().replace('"', "\"\""));
    let (addresses, port) = match options.tcp {
        None => ("", 5432),
        Some(0) => ("127.0.0.1", free_port()?),
        Some(port) => ("127.0.0.1", port),
    };
    let mut settings = vec![
        format!("listen_addresses={addresses}"),
        format!("port={port}"),
        format!("unix_socket_directories={quoted}"),
        format!("max_connections={}", options.max_connections),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
    ];
    if !options.durable {
        settings.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned),
        );
    }
    let mut arguments = vec!["-D".into(), layout.data().into_os_string()];
    arguments.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
    Ok(arguments)
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(listener.map_err(Error::file("find a free port on", Path::new("127.0.0.1")))?.port())
}

/// Removes the pid file of a server that was killed, lest its number, by now another process's, stop the new one.
///
/// We hold the lock, so no process of a server of ours lives, shared memory included. One that was started by hand
/// is left to PostgreSQL, which refuses the second.
fn remove_stale_pid_file(layout: &Layout) -> Result<(), Error> {
    let path = layout.data().join("postmaster.pid");
    if !path.exists() || server::living_process(layout).is_some() {
        return Ok(());
    }
    fs::remove_file(&path).map_err(Error::file("remove", &path))
}
