//! PostgreSQL's own client programs, of a version that suits a server.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    Error, Options, Progress,
    fetch::{fetch, list_fetched},
    installation::{Search, Version},
};

/// What a backup needs.
const PROGRAMS: [&str; 3] = ["pg_dump", "pg_restore", "psql"];

/// A directory that holds `pg_dump`, `pg_restore` and `psql`.
#[derive(Debug, Clone)]
pub struct Tools {
    directory: PathBuf,
    version: Version,
}

impl Tools {
    /// Those of major version `needed`, else of the next newer one: older ones refuse the server.
    ///
    /// They are looked for where the private PostgreSQL's programs are, and fetched like them where none suit.
    pub async fn find(
        options: &Options,
        needed: u32,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let found = Self::list(&options.search, options.fetch_into.as_deref())?;
        let suits = |tools: &&Self| tools.major() >= needed;
        // Of the lowest major version that suits, the newest.
        let best = found
            .iter()
            .filter(suits)
            .min_by_key(|tools| (tools.version.major, u32::MAX - tools.version.numbers().1));
        if let Some(best) = best {
            return Ok(best.clone());
        }
        let fetched = match (&options.search.chosen, &options.fetch_into) {
            (None, Some(directory)) => Some(fetch(directory, Some(needed), progress).await),
            _ => None,
        };
        let reason = match fetched {
            Some(Ok(installation)) => match Self::in_directory(&installation.directory) {
                Some(tools) => return Ok(tools),
                None => Some(format!("{} lacks them", installation.directory.display())),
            },
            Some(Err(reason)) => Some(reason),
            None => None,
        };
        let mut available: Vec<String> = found.iter().map(Self::version).collect();
        available.dedup();
        Err(Error::NoTools { needed, available, fetch: reason })
    }

    fn list(search: &Search, fetch_into: Option<&Path>) -> Result<Vec<Self>, Error> {
        if let Some(chosen) = &search.chosen {
            let missing = PROGRAMS.into_iter().find(|program| !chosen.join(program).is_file());
            let refused = |missing| Error::NotAnInstallation { path: chosen.clone(), missing };
            return match missing {
                Some(missing) => Err(refused(missing)),
                None => Ok(vec![Self::in_directory(chosen).ok_or_else(|| refused("pg_dump"))?]),
            };
        }
        let fetched = fetch_into.map(list_fetched).unwrap_or_default();
        let mut found: Vec<Self> = search
            .candidates("pg_dump")
            .iter()
            .chain(&fetched)
            .filter_map(|directory| Self::in_directory(directory))
            .collect();
        found.sort_by_key(|tools| tools.version.numbers());
        Ok(found)
    }

    fn in_directory(directory: &Path) -> Option<Self> {
        if PROGRAMS.into_iter().any(|program| !directory.join(program).is_file()) {
            return None;
        }
        let version = Version::of(&directory.join("pg_dump"))?;
        Some(Self { directory: directory.to_owned(), version })
    }

    /// Their version: `15.18`.
    pub fn version(&self) -> String {
        self.version.to_string()
    }

    /// Their major version.
    pub fn major(&self) -> u32 {
        self.version.major
    }

    /// One of the programs, with nothing of our environment, which may hold secrets and must not steer it.
    ///
    /// It is in a process group of its own: Ctrl-C is ours to hand on.
    pub fn command(&self, program: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(self.directory.join(program));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("PGAPPNAME", "trunkline backup")
            .stdin(Stdio::null())
            .process_group(0);
        command
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::Tools;
    use crate::{Error, Options, Search};

    fn install(directory: &Path, version: &str) {
        fs::create_dir_all(directory).unwrap();
        for program in super::PROGRAMS {
            let path = directory.join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n"))
                .unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[tokio::test]
    async fn takes_the_version_of_the_server_else_the_next_newer_one() {
        let root = tempfile::tempdir().unwrap();
        for version in ["14.2", "16.1", "16.3", "18.0"] {
            install(&root.path().join(version).join("bin"), version);
        }
        let search = Search { places: vec![root.path().join("*/bin")], ..Search::default() };
        let options = Options { search, fetch_into: None, ..Options::new(root.path()) };
        for (needed, taken) in
            [(13, "14.2"), (14, "14.2"), (15, "16.3"), (16, "16.3"), (17, "18.0")]
        {
            let tools = Tools::find(&options, needed, &()).await.unwrap();
            assert_eq!(tools.version(), taken, "for {needed}");
        }
        let none = Tools::find(&options, 19, &()).await;
        let Err(Error::NoTools { needed: 19, available, .. }) = none else { panic!("{none:?}") };
        assert_eq!(available, ["14.2", "16.1", "16.3", "18.0"]);
    }

    #[tokio::test]
    async fn a_chosen_directory_is_taken_alone() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("other"), "18.0");
        let chosen = root.path().join("chosen");
        install(&chosen, "15.2");
        let search = Search {
            chosen: Some(chosen.clone()),
            places: vec![root.path().join("other")],
            ..Search::default()
        };
        let options = Options { search, fetch_into: None, ..Options::new(root.path()) };
        assert_eq!(Tools::find(&options, 15, &()).await.unwrap().version(), "15.2");
        assert!(matches!(Tools::find(&options, 18, &()).await, Err(Error::NoTools { .. })));
        fs::remove_file(chosen.join("psql")).unwrap();
        let refused = Tools::find(&options, 15, &()).await;
        assert!(matches!(refused, Err(Error::NotAnInstallation { missing: "psql", .. })));
    }
}
