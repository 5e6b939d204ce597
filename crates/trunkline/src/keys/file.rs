//! The key file: read only where nobody else can, written whole or not at all, never overwritten.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use trunkline_core::secrets::Key;
use zeroize::Zeroizing;

use super::source::Missing;
use crate::failure::Failure;

/// Owner alone.
const MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// More than a thousand keys, in bytes.
const LARGEST: usize = 64 * 1024;

const HEADER: &str = "\
# Trunkline's keys. The first one seals, every one opens. Keep a copy apart from the database and its
# backups: without it nothing that is sealed can ever be opened.

";

/// How messages speak of it.
pub(super) fn named(path: &Path) -> String {
    format!("the key file {}", path.display())
}

/// The text of the file, unless others than its owner may read or write it.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Missing> {
    let failed = |error: io::Error| {
        let message = format!("cannot read the keys in {}: {error}", path.display());
        Missing::Bad(Failure::failed(message, "the user that trunkline runs as must own the file"))
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Missing::None(Failure::failed(
                format!("there is no key file {}", path.display()),
                "make one: trunkline keys generate; or put back the copy of a lost one",
            )));
        }
        opened => opened.map_err(failed)?,
    };
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(Missing::Bad(Failure::failed(
            format!(
                "the key file {} is open to others than its owner (mode {mode:04o})",
                path.display()
            ),
            format!("chmod 600 {}", path.display()),
        )));
    }
    // Large enough at once: a string that grows would leave parts of the keys behind.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST));
    file.take(LARGEST as u64).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Writes a file with its first key; `AlreadyExists` if there is one.
pub(super) fn create(path: &Path, key: &Key) -> io::Result<()> {
    let directory = directory(path);
    fs::create_dir_all(directory)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    let written = write(&mut file, &lines(HEADER, key, ""));
    if written.is_err() {
        // Nobody has seen this key, so nothing is lost with it.
        let _ = fs::remove_file(path);
    }
    written?;
    File::open(directory)?.sync_all()
}

/// Puts a key in front of the others, by a new file that takes the old one's name.
///
/// `text` is what was read under the lock that `lock` gave.
pub(super) fn add(path: &Path, text: &str, key: &Key) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let before = fs::metadata(&path)?;
    let directory = directory(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = directory.join(format!(".{name}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&new)?;
    let (head, rest) = text.split_at(first_key(text));
    let replaced = write(&mut file, &lines(head, key, rest))
        .and_then(|()| file.set_permissions(Permissions::from_mode(before.mode() & 0o700)))
        .and_then(|()| fchown(&file, Some(before.uid()), Some(before.gid())))
        .and_then(|()| fs::rename(&new, &path));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced?;
    File::open(directory)?.sync_all()
}

/// Keeps other processes from adding a key until it is dropped; two at once would lose one.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let directory = File::open(directory(&fs::canonicalize(path)?))?;
    directory.lock()?;
    Ok(directory)
}

/// Where the first key begins, with the comment of its own above it.
fn first_key(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if content.starts_with("# key ") || !(content.is_empty() || content.starts_with('#')) {
            return at;
        }
        at += line.len();
    }
    at
}

fn lines(head: &str, key: &Key, rest: &str) -> Zeroizing<String> {
    let secret = key.to_text();
    let mut text = Zeroizing::new(String::with_capacity(head.len() + rest.len() + 100));
    for part in [head, "# key ", &key.id().to_string(), "\n", &secret, "\n", rest] {
        text.push_str(part);
    }
    text
}

fn write(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
