use std::os::fd::OwnedFd;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use rustix::io::{Errno, read, retry_on_intr};

use super::migration::{Files, Found, Migration};
use super::{Script, SourceError};

/// So many files are read by two threads.
const WORTH_A_THREAD: usize = 128;

/// A folder of migrations that is open: its files are found from there, not from the root each time.
///
/// What is done a thousand times in a large folder is kept cheap: one call each to open, to read, to
/// see the end and to close, into one buffer.
pub(super) struct Folder {
    handle: OwnedFd,
    path: Arc<Path>,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // The folder of a file that is named without one.
        let at = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let handle =
            openat(CWD, at, flags, Mode::empty()).map_err(|error| unlisted(path, error))?;
        Ok(Self { handle, path: path.into() })
    }

    /// Reads the up files; the down files are left for whoever asks for them.
    pub(super) fn read(&self, files: Files<()>) -> Result<Vec<Migration>, SourceError> {
        let found = files.in_order()?;
        if found.len() < WORTH_A_THREAD {
            return self.read_each(&found);
        }
        let (first, second) = found.split_at(found.len() / 2);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| self.read_each(second));
            let mut migrations = self.read_each(first)?;
            let second = second.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            migrations.extend(second);
            Ok(migrations)
        })
    }

    fn read_each(&self, found: &[Found<()>]) -> Result<Vec<Migration>, SourceError> {
        let mut migrations = Vec::with_capacity(found.len());
        let prefix = self.path.join("").display().to_string();
        let mut buffer = Vec::new();
        for it in found {
            let file = [&prefix, it.name.as_str(), ".sql"].concat();
            self.read_into(&mut buffer, &file[prefix.len()..])?;
            let up = Script::read(file, buffer.clone())?;
            let migration = Migration::new(it.name.clone(), up);
            migrations.push(match it.down {
                Some(()) => migration.with_down_in(&self.path),
                None => migration,
            });
        }
        Ok(migrations)
    }

    fn read_into(&self, buffer: &mut Vec<u8>, file: &str) -> Result<(), SourceError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let mut read_all = || {
            let file = retry_on_intr(|| openat(&self.handle, file, flags, Mode::empty()))?;
            buffer.clear();
            loop {
                buffer.reserve(4096);
                if retry_on_intr(|| read(&file, spare_capacity(buffer)))? == 0 {
                    return Ok(());
                }
            }
        };
        read_all().map_err(|error: Errno| SourceError::File {
            file: self.path.join(file).display().to_string(),
            cause: Arc::new(error.into()),
        })
    }
}

/// The `*.sql` files directly in a folder, as far as they are listed.
pub(super) struct Listing {
    folder: Folder,
    entries: Dir,
    files: Files<()>,
}

impl Listing {
    pub(super) fn begin(path: &Path) -> Result<Self, SourceError> {
        let folder = Folder::open(path)?;
        let entries = Dir::read_from(&folder.handle).map_err(|error| unlisted(path, error))?;
        Ok(Self { folder, entries, files: Files::default() })
    }

    /// Goes on by `most` entries; whether that were all.
    pub(super) fn advance(&mut self, most: usize) -> Result<bool, SourceError> {
        for _ in 0..most {
            let Some(entry) = self.entries.next() else { return Ok(true) };
            let entry = entry.map_err(|error| unlisted(&self.folder.path, error))?;
            let file = entry.file_name();
            if !file.to_bytes().ends_with(b".sql") || file == c".sql" {
                continue;
            }
            if let Ok(file) = file.to_str() {
                self.files.add(file, ())?;
            }
        }
        Ok(false)
    }

    /// Lists what is left, and reads the up files.
    pub(super) fn read(mut self) -> Result<Vec<Migration>, SourceError> {
        self.advance(usize::MAX)?;
        self.folder.read(self.files)
    }
}

fn unlisted(path: &Path, error: Errno) -> SourceError {
    SourceError::Folder { path: path.to_owned(), cause: Arc::new(error.into()) }
}

/// Reads one down file.
pub(super) fn read_script(path: &Path) -> Result<Script, SourceError> {
    let file = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => Script::read(file, bytes),
        Err(cause) => Err(SourceError::File { file, cause: Arc::new(cause) }),
    }
}
