//! Makes the data directory.

use std::{
    fs::{self, File},
    io::{Read, Write},
    process::{Output, Stdio},
};

use tokio::process::Command;

use crate::{
    Error,
    account::Account,
    installation::Installation,
    layout::{Layout, open_owned},
    log::Excerpt,
    server::USER,
};

/// Runs initdb beside the data directory and renames the result, so that a killed one leaves nothing half-made;
/// a `durable` one is on the disk by then, for the server itself flushes only what it changes.
///
/// `lock` is inherited by initdb: who gets it next knows that none is at work.
pub(crate) async fn initialise(
    layout: &Layout,
    account: &Account,
    installation: &Installation,
    lock: &File,
    durable: bool,
) -> Result<(), Error> {
    write_password(layout, account)?;
    let mut output = String::new();
    for locale in locales(installation.version.major) {
        remove_staging(layout)?;
        let result = run(layout, account, installation, lock, locale, durable).await?;
        if result.status.success() {
            let renamed = fs::rename(layout.staging(), layout.data());
            // The server flushes what is in its directory, and not that the directory is there.
            let kept = renamed.and_then(|()| {
                if durable { File::open(&layout.directory)?.sync_all() } else { Ok(()) }
            });
            return kept.map_err(Error::file("make", &layout.data()));
        }
        output = String::from_utf8_lossy(&result.stderr).into_owned();
        // Only C is there on every system.
        if !output.contains("locale") {
            break;
        }
    }
    remove_staging(layout)?;
    Err(Error::Initialise { output: Excerpt::of(&output).lines().join("; ") })
}

/// What a start that was killed left.
pub(crate) fn remove_staging(layout: &Layout) -> Result<(), Error> {
    let staging = layout.staging();
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(Error::file("remove", &staging))
    } else {
        Ok(())
    }
}

async fn run(
    layout: &Layout,
    account: &Account,
    installation: &Installation,
    lock: &File,
    locale: &[&str],
    durable: bool,
) -> Result<Output, Error> {
    let program = installation.directory.join("initdb");
    let mut command = Command::from(account.command(&program, &layout.directory));
    command
        .arg("-D")
        .arg(layout.staging())
        .arg("--pwfile")
        .arg(layout.password())
        .args(if durable { &[][..] } else { &["--no-sync"] })
        .args(["-E", "UTF8", "-U", USER, "--auth-local=trust", "--auth-host=scram-sha-256"])
        .args(locale)
        .stdin(Stdio::from(lock.try_clone().map_err(Error::file("open", &layout.lock()))?));
    command.output().await.map_err(Error::file("run", &program))
}

/// One order of text everywhere, that of code points, and the letters of every language where the system can.
fn locales(major: u32) -> &'static [&'static [&'static str]] {
    const BUILT_IN: &[&str] =
        &["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    if major >= 17 { &[BUILT_IN] } else { &[&["--locale=C.UTF-8"], &["--locale=C"]] }
}

/// The password for TCP: always there, used only where a port is asked for.
fn write_password(layout: &Layout, account: &Account) -> Result<(), Error> {
    let path = layout.password();
    let source = std::path::Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(Error::file("read", source))?;
    let mut file = open_owned(&path, account)?;
    file.set_len(0)
        .and_then(|()| writeln!(file, "{:032x}", u128::from_ne_bytes(bytes)))
        .map_err(Error::file("write", &path))
}
