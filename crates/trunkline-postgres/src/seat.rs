use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// A place among the users of a running cluster: the write end of its FIFO.
///
/// The kernel closes it when the process ends, however it ends; children do not inherit it.
#[derive(Debug)]
pub(crate) struct Seat {
    fifo: File,
    path: PathBuf,
}

impl Seat {
    /// Takes a seat; `None` where no supervisor reads the FIFO.
    pub(crate) fn take(path: &Path) -> Option<Self> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let mut fifo = OpenOptions::new().write(true).custom_flags(flags).open(path).ok()?;
        fifo.write_all(b"+\n").ok()?;
        let seat = Self { fifo, path: path.to_owned() };
        seat.counts().then_some(seat)
    }

    /// Whether the supervisor saw us before it decided to stop: it renames the FIFO first, and looks a last time then.
    pub(crate) fn counts(&self) -> bool {
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match (self.fifo.metadata(), fs::metadata(&self.path)) {
            (Ok(ours), Ok(theirs)) => identity(ours) == identity(theirs),
            _ => false,
        }
    }
}
