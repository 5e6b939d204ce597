/// What opening a cluster is busy with; the slow ones can be shown to a waiting user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Downloading PostgreSQL, because none is installed.
    Fetching {
        /// The version that is fetched.
        version: String,
        /// Bytes received so far.
        received: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// Making the data directory, once in its life.
    Initialising {
        /// The version that makes it.
        version: String,
    },
    /// Starting the server.
    Starting {
        /// The version that is started.
        version: String,
    },
    /// The server accepts connections.
    Ready,
}

/// Hears of every [`Step`]: a progress bar, a log, or `()` for nobody.
pub trait Progress: Sync {
    /// Called in order, [`Step::Fetching`] many times.
    fn step(&self, step: Step);
}

impl Progress for () {
    fn step(&self, _: Step) {}
}
