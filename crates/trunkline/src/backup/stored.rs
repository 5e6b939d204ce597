use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::{Archive, FORMAT, FileEntry, MANIFEST, Manifest, SUMS, hex};
use super::progress::size;
use crate::backup::Progress;
use crate::failure::Failure;

/// A backup that was made before.
pub(crate) struct Stored {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl Stored {
    /// Finds it by its folder or one of its files, and reads its manifest.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        let folder = if path.is_file() {
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
        } else {
            path
        };
        if !folder.join(MANIFEST).is_file() {
            return Err(no_backup(folder));
        }
        let text = read(&folder.join(MANIFEST))?;
        let sums = read(&folder.join(SUMS))?;
        let found = hex(&Sha256::digest(text.as_bytes()));
        if sum_of(&sums, MANIFEST) != Some(found.as_str()) {
            return Err(altered(
                &folder.join(MANIFEST),
                "its checksum is not the one that was written",
            ));
        }
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|error| altered(&folder.join(MANIFEST), &error.to_string()))?;
        if manifest.format > FORMAT {
            return Err(Failure::failed(
                format!(
                    "this backup has format {}, and this program knows {FORMAT}",
                    manifest.format
                ),
                "take the newer trunkline that made it",
            ));
        }
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Reads every file and compares it with what was written.
    pub(crate) fn check(&self, progress: &Progress) -> Result<(), Failure> {
        let sums = read(&self.folder.join(SUMS))?;
        for file in &self.manifest.files {
            let path = self.folder.join(&file.name);
            if Archive::of_file(&file.name).is_none()
                || sum_of(&sums, &file.name) != Some(&file.sha256)
            {
                return Err(altered(&path, "manifest.json and SHA256SUMS do not agree about it"));
            }
            check_file(&path, file, progress)?;
        }
        Ok(())
    }

    /// Its archives, in the order in which they are restored.
    pub(crate) fn archives(&self) -> Vec<(Archive, PathBuf)> {
        let archives = self.manifest.files.iter().filter_map(|file| {
            let archive = Archive::of_file(&file.name)?;
            Some((archive, self.folder.join(archive.file())))
        });
        archives.collect()
    }
}

fn check_file(path: &Path, expected: &FileEntry, progress: &Progress) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::failed(format!("cannot read {}: {error}", path.display()), "take another backup")
    };
    let mut file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    if length != expected.bytes {
        let (mut found, mut whole) = (size(length), size(expected.bytes));
        if found == whole {
            (found, whole) = (format!("{length} bytes"), format!("{} bytes", expected.bytes));
        }
        let word = if length < expected.bytes { "truncated" } else { "altered" };
        return Err(altered(path, &format!("it is {word}: {found}, and {whole} were written")));
    }
    let (mut digest, mut buffer, mut done) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut buffer).map_err(cannot)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        done += read as u64;
        let (done, all) = (size(done), size(length));
        progress.show(format_args!("reading {}: {done} of {all}", expected.name));
    }
    if hex(&digest.finalize()) == expected.sha256 {
        return Ok(());
    }
    Err(altered(path, "its checksum is not the one that was written"))
}

fn sum_of<'a>(sums: &'a str, name: &str) -> Option<&'a str> {
    let entries = sums.lines().filter_map(|line| line.split_once("  "));
    entries.into_iter().find(|(_, file)| *file == name).map(|(sum, _)| sum)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| altered(path, &error.to_string()))
}

fn altered(path: &Path, reason: &str) -> Failure {
    Failure::failed(
        format!("{} cannot be trusted: {reason}; nothing was touched", path.display()),
        "take another backup, or another copy of this one",
    )
}

/// There may be backups in the folder instead.
fn no_backup(folder: &Path) -> Failure {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut inside: Vec<String> = entries
        .filter(|entry| entry.path().join(MANIFEST).is_file())
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path().display().to_string())
        .collect();
    inside.sort();
    let message = format!("{} is no backup: it has no {MANIFEST}", folder.display());
    match inside.last() {
        Some(newest) => Failure::usage(
            message,
            format!("there are {} in it; the last: trunkline restore {newest}", inside.len()),
        ),
        None => Failure::usage(message, "give the folder that `trunkline backup` named"),
    }
}
