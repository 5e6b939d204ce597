//! A cluster's directory that is gone after the test, and its server with it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use trunkline_postgres::{Options, Status, status};

/// A directory for one test's cluster.
pub(crate) struct Directory {
    root: TempDir,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("tlpg").tempdir_in("/tmp").unwrap();
        // The server runs as another user where the tests run as root.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { root }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("postgres")
    }

    pub(crate) fn options(&self) -> Options {
        options(&self.path())
    }

    /// Waits until no process of the server lives.
    pub(crate) fn wait_until_stopped(&self) {
        wait_for(|| {
            matches!(status(&self.path()).unwrap(), Status::Stopped { .. } | Status::Absent)
        });
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let path = self.path();
        std::thread::spawn(move || runtime.block_on(trunkline_postgres::stop(&path)))
            .join()
            .unwrap()
            .unwrap();
    }
}

/// What all tests open: nothing is fetched, so nothing here depends on the network.
pub(crate) fn options(directory: &Path) -> Options {
    Options { durable: false, fetch_into: None, ..Options::new(directory) }
}

/// Waits up to ten seconds for a condition.
pub(crate) fn wait_for(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "what was waited for did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}
