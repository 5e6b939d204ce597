use std::fs::File;
use std::io::Read;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::migration::{Files, Found, Migration};
use super::{Script, SourceError};

/// From so many migrations on, two threads read them: opening small files keeps a processor busy, not
/// the disk.
const LARGE: usize = 128;

/// The `*.sql` files directly under `path`.
pub(super) fn list(path: &Path) -> Result<Files<PathBuf>, SourceError> {
    let failed = |cause| SourceError::Folder { path: path.to_owned(), cause: Arc::new(cause) };
    let mut files = Files::default();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let Ok(file) = entry.map_err(failed)?.file_name().into_string() else { continue };
        if Path::new(&file).extension().is_some_and(|extension| extension == "sql") {
            files.add(&file, path.join(&file))?;
        }
    }
    Ok(files)
}

/// Reads the up files; the down files are left for whoever asks for them.
pub(super) fn read(files: Files<PathBuf>) -> Result<Vec<Migration>, SourceError> {
    let mut found = files.in_order()?;
    if found.len() < LARGE {
        return read_all(found);
    }
    let rest = found.split_off(found.len() / 2);
    let (first, rest) = std::thread::scope(|scope| {
        let rest = scope.spawn(|| read_all(rest));
        (read_all(found), rest.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let mut migrations = first?;
    migrations.extend(rest?);
    Ok(migrations)
}

fn read_all(found: Vec<Found<PathBuf>>) -> Result<Vec<Migration>, SourceError> {
    let mut buffer = Vec::new();
    let read = |it: Found<PathBuf>| {
        read_into(&mut buffer, &it.up)?;
        let up = Script::read(&it.up.display().to_string(), buffer.clone())?;
        Ok(Migration::new(it.name, up, it.down))
    };
    found.into_iter().map(read).collect()
}

/// Reads one down file.
pub(super) fn read_script(path: &Path) -> Result<Script, SourceError> {
    let mut bytes = Vec::new();
    read_into(&mut bytes, path)?;
    Script::read(&path.display().to_string(), bytes)
}

/// Unlike `std::fs::read` it does not ask for the size first: with a buffer at hand that is a system
/// call for nothing, a thousand times in a large folder.
fn read_into(buffer: &mut Vec<u8>, path: &Path) -> Result<(), SourceError> {
    buffer.clear();
    let read = File::open(path).and_then(|file| file.take(u64::MAX).read_to_end(buffer));
    read.map(|_| ()).map_err(|cause| SourceError::File {
        file: path.display().to_string(),
        cause: Arc::new(cause),
    })
}
