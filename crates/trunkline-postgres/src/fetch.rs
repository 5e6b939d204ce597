//! Fetches a PostgreSQL where none is installed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Progress, installation::Installation};

#[cfg(feature = "fetch")]
mod download;

/// The installation of major version `required` below `directory`, fetched where it is not there yet.
///
/// The error is a reason to go on a line of its own: where it fails, another way is shown.
pub(crate) async fn fetch(
    directory: &Path,
    required: Option<u32>,
    progress: &dyn Progress,
) -> Result<Installation, String> {
    if let Some(installation) = fetched(directory, required) {
        return Ok(installation);
    }
    fetch_new(directory, required, progress).await
}

/// The directories of programs that earlier starts fetched.
pub(crate) fn list_fetched(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("bin")).collect()
}

/// One that an earlier start fetched.
fn fetched(directory: &Path, required: Option<u32>) -> Option<Installation> {
    list_fetched(directory)
        .iter()
        .filter_map(|directory| Installation::in_directory(directory))
        .filter(|installation| required.is_none_or(|major| installation.version.major == major))
        .max_by_key(|installation| installation.version.major)
}

#[cfg(feature = "fetch")]
async fn fetch_new(
    directory: &Path,
    required: Option<u32>,
    progress: &dyn Progress,
) -> Result<Installation, String> {
    download::newest(directory, required, progress).await
}

#[cfg(not(feature = "fetch"))]
async fn fetch_new(_: &Path, _: Option<u32>, _: &dyn Progress) -> Result<Installation, String> {
    std::future::ready(Err("this build cannot fetch one".to_owned())).await
}
