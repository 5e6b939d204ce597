//! Finds the installed PostgreSQL servers.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, options};

/// The oldest major version that is taken: older ones are out of support.
const OLDEST: u32 = 14;

/// Where installations stand that are not on `PATH`; `*` is any one name.
const PLACES: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// Where to look for an installed PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Taken alone where it is given (`TRUNKLINE_POSTGRES_BIN`).
    pub chosen: Option<PathBuf>,
    /// Directories that may hold the programs, or a `pg_config` that names theirs (`PATH`).
    pub path: Vec<PathBuf>,
    /// Patterns of further directories, with `*` for one name or the end of one.
    pub places: Vec<PathBuf>,
}

impl Search {
    /// `TRUNKLINE_POSTGRES_BIN`, `PATH`, `pg_config`, and where the package managers of the known systems put it.
    pub fn from_environment() -> Self {
        Self {
            chosen: options::chosen_binaries(),
            path: options::search_path(),
            places: PLACES.iter().map(PathBuf::from).collect(),
        }
    }

    /// The newest installation of major version `required`, or of any where the cluster has no data yet.
    ///
    /// `Ok(Err(found))` lists what there is where none fits.
    pub(crate) fn find(
        &self,
        required: Option<u32>,
    ) -> Result<Result<Installation, Vec<String>>, Error> {
        let mut found = match &self.chosen {
            Some(directory) => vec![Installation::in_chosen(directory)?],
            None => self
                .candidates("postgres")
                .iter()
                .filter_map(|directory| Installation::in_directory(directory))
                .collect(),
        };
        found.sort_by_key(|installation| installation.version.numbers());
        let fits = |installation: &Installation| match required {
            Some(major) => installation.version.major == major,
            None => installation.version.major >= OLDEST || self.chosen.is_some(),
        };
        Ok(match found.iter().rposition(fits) {
            Some(newest) => Ok(found.swap_remove(newest)),
            None => {
                Err(found.iter().map(|installation| installation.version.to_string()).collect())
            }
        })
    }

    /// The directories that hold a program, whatever else is missing there.
    pub(crate) fn candidates(&self, program: &str) -> Vec<PathBuf> {
        let configured = self
            .path
            .iter()
            .find_map(|directory| configured_directory(&directory.join("pg_config")));
        let mut candidates: Vec<PathBuf> = self
            .path
            .iter()
            .cloned()
            .chain(configured)
            .chain(self.places.iter().flat_map(|pattern| expand(pattern)))
            // A link on PATH leads to the directory that holds initdb's and the server's other parts.
            .filter_map(|directory| directory.join(program).canonicalize().ok())
            .filter_map(|program| program.parent().map(Path::to_owned))
            .collect();
        candidates.sort();
        candidates.dedup();
        candidates
    }
}

/// One installed PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) directory: PathBuf,
    pub(crate) version: Version,
}

impl Installation {
    fn in_chosen(directory: &Path) -> Result<Self, Error> {
        let missing = ["postgres", "initdb", "pg_ctl"]
            .into_iter()
            .find(|name| !directory.join(name).is_file());
        let refused = |missing| Error::NotAnInstallation { path: directory.to_owned(), missing };
        if let Some(missing) = missing {
            return Err(refused(missing));
        }
        Self::in_directory(directory).ok_or_else(|| refused("postgres"))
    }

    pub(crate) fn in_directory(directory: &Path) -> Option<Self> {
        if !directory.join("initdb").is_file() || !directory.join("pg_ctl").is_file() {
            return None;
        }
        let version = Version::of(&directory.join("postgres"))?;
        Some(Self { directory: directory.to_owned(), version })
    }
}

/// A version of PostgreSQL: `15.18`, `18beta1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    minor: u32,
    text: String,
}

impl Version {
    /// What a program says of itself; `None` where it does not run.
    pub(crate) fn of(program: &Path) -> Option<Self> {
        Self::parse(&output(program, "--version")?)
    }

    /// Newer ones are greater.
    pub(crate) fn numbers(&self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// Reads what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    fn parse(line: &str) -> Option<Self> {
        let text = line.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        let major = numbers.next()?.ok()?;
        let minor = numbers.next().and_then(Result::ok).unwrap_or(0);
        Some(Self { major, minor, text: text.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn configured_directory(pg_config: &Path) -> Option<PathBuf> {
    pg_config
        .is_file()
        .then(|| output(pg_config, "--bindir"))?
        .map(|line| PathBuf::from(line.trim()))
}

fn output(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Directories that match a pattern with at most one `*`, which stands for the rest of its name.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let text = pattern.to_string_lossy();
    let Some((before, after)) = text.split_once('*') else {
        return vec![pattern.to_owned()];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(after.trim_start_matches('/')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Version, expand};

    #[test]
    fn reads_released_and_unreleased_versions() {
        let version =
            |text: &str| Version::parse(&format!("postgres (PostgreSQL) {text}\n")).unwrap();
        let debian = version("15.18 (Debian 15.18-0+deb12u1)");
        assert_eq!((debian.major, debian.minor, debian.to_string().as_str()), (15, 18, "15.18"));
        assert_eq!(version("18beta1").major, 18);
        assert_eq!(version("19devel").major, 19);
        assert!(Version::parse("postgres: command not found").is_none());
    }

    #[test]
    fn expands_a_star_to_the_directories_that_are_there() {
        let root = tempfile::tempdir().unwrap();
        for name in ["postgresql@16", "postgresql", "mysql"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let mut found = expand(&root.path().join("postgresql*/bin"));
        found.sort();
        assert_eq!(
            found,
            [root.path().join("postgresql/bin"), root.path().join("postgresql@16/bin")]
        );
    }
}
