//! What takes part in a race: a command line for a database.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::set::Set;
use crate::program::{program, run};
use crate::workspace;

/// A program that brings a database to the state of a set.
pub(crate) struct Contestant {
    pub name: &'static str,
    command: Box<dyn Fn(&str) -> Command>,
}

impl Contestant {
    pub(crate) fn new(name: &'static str, command: impl Fn(&str) -> Command + 'static) -> Self {
        Self { name, command: Box::new(command) }
    }

    /// Its command for the database at `url`.
    pub(crate) fn command(&self, url: &str) -> Command {
        (self.command)(url)
    }

    /// `trunkline migrate up` on a folder that is written for it.
    pub(crate) fn trunkline(set: &Set, scratch: &Path) -> Result<Self> {
        let folder = scratch.join(format!("trunkline-{}", set.migrations.len()));
        set.write_pairs(&folder)?;
        let binary = workspace::program("trunkline")?;
        Ok(Self::new("trunkline", move |url| {
            let mut command = trunkline(&binary, &folder, url);
            command.arg("up").arg("--source").arg(&folder);
            command
        }))
    }

    /// `trunkline migrate up` with the set that it carries.
    pub(crate) fn trunkline_embedded(scratch: &Path) -> Result<Self> {
        let (binary, scratch) = (workspace::program("trunkline")?, scratch.to_owned());
        Ok(Self::new("trunkline", move |url| {
            let mut command = trunkline(&binary, &scratch, url);
            command.arg("up");
            command
        }))
    }

    /// psql with one BEGIN … COMMIT for each file, in one connection.
    pub(crate) fn psql(set: &Set, scratch: &Path) -> Result<Self> {
        let folder = scratch.join(format!("psql-{}", set.migrations.len()));
        let driver = set.write_driver(&folder)?;
        let binary = psql()?;
        Ok(Self::new("psql", move |url| {
            let mut command = program(&binary);
            command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(&driver);
            command
        }))
    }

    /// A program that connects and runs one query.
    pub(crate) fn floor() -> Result<Self> {
        let binary = workspace::program("floor")?;
        Ok(Self::new("connect + one query", move |url| {
            let mut command = program(&binary);
            command.arg(url);
            command
        }))
    }
}

/// `trunkline migrate` on the database at `url`; `directory` holds no configuration file.
pub(super) fn trunkline(binary: &Path, directory: &Path, url: &str) -> Command {
    let mut command = program(binary);
    command.current_dir(directory).args(["--database-url", url, "migrate"]);
    command
}

/// The real psql; Debian's `/usr/bin/psql` is a Perl script that looks for it.
fn psql() -> Result<PathBuf> {
    let mut command = program("pg_config");
    command.arg("--bindir");
    let directory = run(command).context("looking for psql")?;
    Ok(Path::new(directory.trim()).join("psql"))
}
