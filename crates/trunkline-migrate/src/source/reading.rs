use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::folder::Listing;
use super::{Source, SourceError};

/// A folder of so many entries is read sooner than a thread is started.
const FEW: usize = 64;

type Read = Result<Source, SourceError>;

/// A set that may still be being read, so that connecting need not wait for the folder.
#[derive(Clone)]
pub struct Reading(Arc<LazyLock<Read, Box<dyn FnOnce() -> Read + Send>>>);

impl Reading {
    /// Runs `read` on a thread of its own.
    ///
    /// ```
    /// use trunkline_migrate::source::{Reading, Source};
    ///
    /// let reading = Reading::begin(|| Ok(Source::directory("migrations")?.with_label("app")));
    /// ```
    pub fn begin(read: impl FnOnce() -> Read + Send + 'static) -> Self {
        let thread = std::thread::spawn(read);
        let join = || thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        Self(Arc::new(LazyLock::new(Box::new(join))))
    }

    /// Reads a folder and lets `finish` look at the set: a small one at once, a large one on a thread of
    /// its own.
    pub fn directory(
        path: &Path,
        finish: impl FnOnce(Source) -> Read + Send + 'static,
    ) -> Result<Self, SourceError> {
        let mut listing = Listing::begin(path)?;
        let is_small = listing.advance(FEW)?;
        let path = path.to_owned();
        let read = move || finish(Source::listed(&path, listing)?);
        if is_small { Ok(read()?.into()) } else { Ok(Self::begin(read)) }
    }

    /// The set; blocks until it is read.
    pub fn source(&self) -> Result<&Source, SourceError> {
        self.0.as_ref().as_ref().map_err(Clone::clone)
    }
}

impl From<Source> for Reading {
    fn from(source: Source) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(|| Ok(source)))))
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}
