//! Where migrations come from: a folder, or files embedded in a binary.

mod checksum;
mod directives;
mod name;
mod script;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use checksum::Checksum;
pub use directives::{DirectiveError, Directives, RequiredColumn, RequiredTable};
pub use name::Name;
pub use script::Script;

use crate::sql::{Position, SplitError};

/// One migration: what it does, and what takes it back.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its identity: the file name without `.sql`.
    pub name: Name,
    /// `NAME.sql`.
    pub up: Script,
    /// `NAME.down.sql`, if there is one.
    pub down: Option<Script>,
}

/// An ordered set of migrations under one label.
///
/// The label tells the sets in one ledger apart: a row that another set applied is not "missing" here.
#[derive(Debug, Clone)]
pub struct Source {
    label: String,
    directory: Option<PathBuf>,
    migrations: Vec<Migration>,
}

/// A file of an embedded set: its name and its bytes.
pub type EmbeddedFile<'a> = (&'a str, &'a [u8]);

/// A folder or file that cannot be read as migrations.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The folder cannot be listed.
    #[error("cannot read the folder {}: {cause}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error("{file} is not UTF-8: byte {offset} (line {line}) cannot be read")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The first byte that is wrong, from 0.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// A file is UTF-16, as Windows writes it (`>` in PowerShell, "Unicode" in Notepad).
    #[error("{file} is UTF-16, not UTF-8")]
    Utf16 {
        /// The file.
        file: String,
    },
    /// A file has no statement.
    #[error("{file} holds no statement{}", if *comment_only { ", only comments" } else { "" })]
    Empty {
        /// The file.
        file: String,
        /// Whether it has comments at least.
        comment_only: bool,
    },
    /// A text that cannot be divided into statements.
    #[error("{file}:{}: {}", error.position, error.what)]
    Split {
        /// The file.
        file: String,
        /// What and where.
        error: SplitError,
    },
    /// A directive that is not understood.
    #[error("{file}: {error}")]
    Directive {
        /// The file.
        file: String,
        /// What and where.
        error: DirectiveError,
    },
    /// A transactional migration that would end the engine's transaction.
    #[error("{file}:{position}: `{statement}` in a migration that runs in one transaction")]
    TransactionControl {
        /// The file.
        file: String,
        /// Where.
        position: Position,
        /// The statement.
        statement: String,
    },
    /// A `${NAME}` that the environment does not have.
    #[error("{file}:{position}: ${{{name}}} is not set in the environment")]
    Placeholder {
        /// The file.
        file: String,
        /// Where.
        position: Position,
        /// The variable.
        name: String,
    },
    /// A name that would leave the folder.
    #[error("the name `{0}` is not the name of a migration: it must be a plain file name")]
    BadName(String),
    /// A down file without its migration.
    #[error("{0}.down.sql has no {0}.sql")]
    DownWithoutUp(String),
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Folder { path, .. } => {
                format!("check that `{}` exists and may be read", path.display())
            }
            Self::File { file, .. } => format!("check that `{file}` may be read"),
            Self::NotUtf8 { file, .. } => {
                format!("convert it: iconv -f WINDOWS-1252 -t UTF-8 {file} > fixed.sql")
            }
            Self::Utf16 { file } => {
                format!("convert it: iconv -f UTF-16 -t UTF-8 {file} > fixed.sql")
            }
            Self::Empty { .. } => "delete the file, or write the statement it was made for".into(),
            Self::Split { .. } => "close it, or remove the line".into(),
            Self::Directive { .. } => "the directives are `-- trunkline: no-transaction` and \
                 `-- trunkline: requires schema.table(column type, …)`"
                .into(),
            Self::TransactionControl { .. } => {
                "the engine opens and commits the transaction itself: remove the line, or run each \
                 statement by itself with `-- trunkline: no-transaction` in the leading comment"
                    .into()
            }
            Self::Placeholder { name, .. } => format!("set it: {name}=… trunkline migrate …"),
            Self::BadName(_) => {
                "give the file name alone, as `migrate status` prints it, without a path".into()
            }
            Self::DownWithoutUp(name) => format!("rename or delete {name}.down.sql"),
        }
    }
}

impl Source {
    /// Reads every `*.sql` file directly under `path`; the label is the folder's own name.
    pub fn directory(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let path = path.as_ref();
        let folder = |cause| SourceError::Folder { path: path.to_owned(), cause };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(folder)? {
            let entry = entry.map_err(folder)?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            if Path::new(&file).extension().is_some_and(|extension| extension == "sql") {
                let shown = path.join(&file).display().to_string();
                let bytes = std::fs::read(entry.path())
                    .map_err(|cause| SourceError::File { file: shown.clone(), cause })?;
                files.push((shown, bytes));
            }
        }
        let label = path
            .canonicalize()
            .ok()
            .and_then(|full| full.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "migrations".to_owned());
        let mut source = Self::from_files(label, files)?;
        source.directory = Some(path.to_owned());
        Ok(source)
    }

    /// Reads a folder, or a single file with the down file beside it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let path = path.as_ref();
        if !path.is_file() {
            return Self::directory(path);
        }
        let read = |path: &Path| {
            let file = path.display().to_string();
            let bytes = std::fs::read(path);
            bytes
                .map(|bytes| (file.clone(), bytes))
                .map_err(|cause| SourceError::File { file, cause })
        };
        let mut files = vec![read(path)?];
        let down = path.with_extension("down.sql");
        if down != path && down.is_file() {
            files.push(read(&down)?);
        }
        Self::from_files("file".to_owned(), files)
    }

    /// The same set under another label, where two folders of one name share a database.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// A set that a binary carries, for example by `include_bytes!`.
    pub fn embedded(
        label: impl Into<String>,
        files: &[EmbeddedFile<'_>],
    ) -> Result<Self, SourceError> {
        let files = files.iter().map(|(file, bytes)| ((*file).to_owned(), bytes.to_vec()));
        Self::from_files(label.into(), files.collect())
    }

    fn from_files(label: String, files: Vec<(String, Vec<u8>)>) -> Result<Self, SourceError> {
        let mut downs = std::collections::HashMap::new();
        let mut migrations = Vec::new();
        for (shown, bytes) in files {
            let file = shown.rsplit(['/', '\\']).next().unwrap_or(&shown);
            let stem = file.strip_suffix(".sql").unwrap_or(file);
            if let Some(name) = stem.strip_suffix(".down") {
                let name = Name::parse(name)?;
                downs.insert(name, Script::read(&shown, bytes)?);
            } else {
                let name = Name::parse(stem)?;
                migrations.push(Migration { name, up: Script::read(&shown, bytes)?, down: None });
            }
        }
        migrations.sort_by(|left, right| left.name.cmp(&right.name));
        for migration in &mut migrations {
            migration.down = downs.remove(&migration.name);
        }
        match downs.into_keys().min() {
            Some(orphan) => Err(SourceError::DownWithoutUp(orphan.to_string())),
            None => Ok(Self { label, directory: None, migrations }),
        }
    }

    /// The set's label in the ledger.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The folder, when the set was read from one.
    pub fn path(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The migrations in the order in which they are applied.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The migration of that name.
    pub fn find(&self, name: &Name) -> Option<&Migration> {
        // A set is sorted by name, so this is found without looking at all of it.
        self.migrations
            .binary_search_by(|migration| migration.name.cmp(name))
            .ok()
            .map(|index| &self.migrations[index])
    }

    /// Every table that some migration of the set requires, each once.
    pub fn required_tables(&self) -> Vec<RequiredTable> {
        required_tables(self.migrations.iter())
    }
}

/// Every table that some of the migrations require, each once.
pub(crate) fn required_tables<'m>(
    migrations: impl Iterator<Item = &'m Migration>,
) -> Vec<RequiredTable> {
    let mut tables: Vec<RequiredTable> = Vec::new();
    for required in migrations.flat_map(|migration| &migration.up.directives.requires) {
        if !tables.contains(required) {
            tables.push(required.clone());
        }
    }
    tables
}
