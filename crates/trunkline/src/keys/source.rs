use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use trunkline_core::secrets::KeyRing;
use zeroize::Zeroizing;

use super::{Common, file};
use crate::config::Config;
use crate::failure::Failure;
use crate::global::Global;

/// The environment variable that holds keys.
const VARIABLE: &str = "TRUNKLINE_KEYS";
/// Long enough for a person to answer a question of the command's.
const COMMAND_LIMIT: Duration = Duration::from_mins(2);

/// Where the keys come from.
pub(super) enum KeySource {
    File(PathBuf),
    Environment(Zeroizing<String>),
    Command(String),
    /// Nothing says it, and the database is not the private one, which has a place for them.
    Nowhere,
}

/// Why there is no key ring.
pub(super) enum Missing {
    /// There are no keys yet.
    None(Failure),
    /// There are some, and they cannot be used.
    Bad(Failure),
}

/// Whether the database is the private PostgreSQL, whose keys stand beside it.
pub(super) fn is_private(global: &Global, config: &Config) -> bool {
    global.database_url.is_none() && !config.has_database()
}

impl KeySource {
    /// The command line's file, else the environment's keys, else what the configuration says, else
    /// the data directory of the private PostgreSQL.
    pub(super) fn find(common: &Common, global: &Global, config: &Config) -> Result<Self, Failure> {
        if let Some(path) = &common.file {
            return Ok(Self::File(path.clone()));
        }
        if let Some(keys) = std::env::var(VARIABLE).ok().filter(|keys| !keys.trim().is_empty()) {
            return Ok(Self::Environment(Zeroizing::new(keys)));
        }
        config.refuse_two_places_of_keys()?;
        match (&config.keys_file, &config.keys_command) {
            (Some(path), _) => Ok(Self::File(path.clone())),
            (None, Some(command)) => Ok(Self::Command(command.clone())),
            (None, None) if !is_private(global, config) => Ok(Self::Nowhere),
            (None, None) => {
                let chosen = global.data_dir.as_ref().or(config.data_dir.as_ref());
                let directory = chosen.cloned().unwrap_or_else(trunkline_postgres::data_directory);
                Ok(Self::File(directory.join("keys")))
            }
        }
    }

    /// Reads the keys.
    pub(super) async fn load(&self) -> Result<KeyRing, Missing> {
        match self {
            Self::File(path) => {
                let text = file::read(path)?;
                parse(&text, &file::named(path))
            }
            Self::Environment(keys) => parse(keys, VARIABLE),
            Self::Command(command) => {
                let text = run(command).await.map_err(Missing::Bad)?;
                parse(&text, "what keys_command printed")
            }
            Self::Nowhere => Err(Missing::None(Failure::failed(
                "no keys are configured",
                "make one: trunkline keys generate --file FILE; then say keys_file = \"FILE\" in \
                 trunkline.toml (or set TRUNKLINE_KEYS, or keys_command)",
            ))),
        }
    }

    /// The file that a new key goes to.
    pub(super) fn file_for_new(&self) -> Result<&Path, Failure> {
        let reason = match self {
            Self::File(path) => return Ok(path),
            Self::Environment(_) => "the keys come from TRUNKLINE_KEYS, which cannot be written",
            Self::Command(_) => "the keys come from keys_command, which cannot be written",
            Self::Nowhere => "nothing says where the key is to stand",
        };
        Err(Failure::usage(
            reason,
            "name a file for the new key: trunkline keys generate --file FILE",
        ))
    }
}

/// The ring of a text; what is wrong with it is said without the text.
pub(super) fn parse(text: &str, origin: &str) -> Result<KeyRing, Missing> {
    KeyRing::parse(text).map_err(|error| {
        Missing::Bad(Failure::failed(
            format!("{origin}: {error}"),
            "one key a line, the active one first, # begins a comment; docs/secrets.md has the form",
        ))
    })
}

/// What the command prints. Its standard error is shown, so that it can ask and explain.
async fn run(command: &str) -> Result<Zeroizing<String>, Failure> {
    let mut process = tokio::process::Command::new("sh");
    process.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let hint = "run the command by hand; it must print the keys on standard output";
    let failed = |error| Failure::failed(format!("cannot run keys_command: {error}"), hint);
    // `output` would take standard error from the person who waits.
    let child = process.spawn().map_err(failed)?;
    let ended = tokio::time::timeout(COMMAND_LIMIT, child.wait_with_output()).await;
    let output = ended
        .map_err(|_| {
            let limit = COMMAND_LIMIT.as_secs();
            Failure::failed(format!("keys_command did not end within {limit} s"), hint)
        })?
        .map_err(failed)?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(Failure::failed(format!("keys_command failed: {}", output.status), hint));
    }
    let text = std::str::from_utf8(&printed)
        .map_err(|_| Failure::failed("keys_command printed something that is no text", hint))?;
    Ok(Zeroizing::new(text.to_owned()))
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::None(failure) | Missing::Bad(failure) => failure,
        }
    }
}
