use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::global::Global;

const DEFAULT_FILE: &str = "trunkline.toml";

/// The configuration file; the command line and the environment come first.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The database, as `postgres://user:password@host:5432/name`.
    database_url: Option<String>,
    /// A file that holds the address, so that the password stands in no configuration.
    database_url_file: Option<PathBuf>,
    /// Where the private PostgreSQL keeps its data.
    pub data_dir: Option<PathBuf>,
    /// The file of the keys that seal secrets, one a line, the active one first; mode 0600.
    pub keys_file: Option<PathBuf>,
    /// A command that prints the keys instead, run by `sh`; so any key management service works.
    pub keys_command: Option<String>,
}

impl Config {
    /// Reads the file that the command line names, else ./trunkline.toml if there is one.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let path = match &global.config {
            Some(path) => path.as_path(),
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let text = read(path, "the configuration")?;
        toml::from_str(&text).map_err(|error| {
            // Not the error's own text, which shows the line: a password may stand in it.
            let before = &text[..error.span().map_or(0, |span| span.start)];
            let line = before.lines().count().max(1);
            Failure::failed(
                format!("{}, line {line}: {}", path.display(), error.message()),
                "the keys are database_url, database_url_file, data_dir, keys_file and \
                 keys_command, their values strings in quotes",
            )
        })
    }

    /// Whether a database of the platform's is configured, rather than the private one.
    pub(crate) fn has_database(&self) -> bool {
        self.database_url.is_some() || self.database_url_file.is_some()
    }

    /// The address of the database, if one is configured.
    pub(crate) fn database_url(&self) -> Result<Option<String>, Failure> {
        match (&self.database_url, &self.database_url_file) {
            (Some(_), Some(_)) => Err(Failure::failed(
                "the configuration has both database_url and database_url_file",
                "keep one of them in trunkline.toml",
            )),
            (Some(url), None) => Ok(Some(url.clone())),
            (None, Some(path)) => Ok(Some(read(path, "database_url_file")?.trim().to_owned())),
            (None, None) => Ok(None),
        }
    }
}

fn read(path: &Path, what: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::failed(
            format!("cannot read {what}, {}: {error}", path.display()),
            "check that the file exists and may be read",
        )
    })
}
