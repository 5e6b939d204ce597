use std::io::{Error, ErrorKind};
use std::path::Path;

use clap::Args;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use trunkline_core::secrets::{Key, KeyRing};
use trunkline_migrate::ExitStatus;

use super::file;
use super::source::{self, KeySource};
use crate::failure::Failure;
use crate::output::{GOOD, Printer};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Put the new key in front of those of the file: it is active from then on, the others still open
    #[arg(long)]
    add: bool,
}

pub(super) fn run(
    source: &KeySource,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let path = source.file_for_new()?;
    let (key, older) = if arguments.add { add(path)? } else { (create(path)?, Vec::new()) };
    let id = key.id();
    printer.document(&serde_json::json!({
        "file": path,
        "active": id.to_string(),
        "older": older,
    }));
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} key {id} stands in the file {} and is active.",
        path.display()
    ));
    if arguments.add {
        printer.line(format_args!(
            "Older keys, which still open: {}. Restart the service, then: trunkline keys rotate",
            older.join(", ")
        ));
    }
    printer.line(
        "Keep a copy of the file apart from the database and its backups: without it nothing",
    );
    printer.line("that is sealed can ever be opened.");
    Ok(ExitStatus::Done)
}

pub(super) fn create(path: &Path) -> Result<Key, Failure> {
    let key = random_key();
    match file::create(path, &key) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::failed(
            format!("the key file {} exists, and one is never overwritten", path.display()),
            "to rotate, put a new key in front of those that it holds: trunkline keys generate --add",
        )),
        Err(error) => Err(not_written(path, &error)),
    }
}

/// The new key, and the ids of those before it.
fn add(path: &Path) -> Result<(Key, Vec<String>), Failure> {
    let _lock = match file::lock(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(not_written(path, &error)),
        // That there is no file is told by reading it.
        lock => lock.ok(),
    };
    let text = file::read(path)?;
    let ring = source::parse(&text, &file::named(path))?;
    let key = new_key(&ring);
    file::add(path, &text, &key).map_err(|error| not_written(path, &error))?;
    Ok((key, ring.ids().map(|id| id.to_string()).collect()))
}

/// A key whose id is not taken.
fn new_key(ring: &KeyRing) -> Key {
    loop {
        let key = random_key();
        if !ring.contains(key.id()) {
            return key;
        }
    }
}

/// From the operating system itself, which has no state of ours to leak.
fn random_key() -> Key {
    Key::generate(&mut UnwrapErr(SysRng))
}

fn not_written(path: &Path, error: &Error) -> Failure {
    Failure::failed(
        format!("cannot write the key file {}: {error}", path.display()),
        "nothing was changed; choose a directory that this user may write to: --file FILE",
    )
}
