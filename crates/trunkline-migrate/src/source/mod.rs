//! Where migrations come from: a folder, or files embedded in a binary.

pub(crate) mod checksum;
mod directives;
mod folder;
mod migration;
mod name;
mod reading;
mod script;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

pub use checksum::{Checksum, Digest};
pub use directives::{DirectiveError, Directives, RequiredColumn, RequiredTable};
pub use migration::Migration;
pub use name::Name;
pub use reading::Reading;
pub use script::Script;
pub(crate) use script::placeholders_as_words;

use crate::sql::{Position, SplitError, created_table};
use folder::{Folder, Listing};
use migration::{Files, Found};

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
#[derive(Debug, Clone, Error)]
pub enum SourceError {
    /// The folder cannot be listed.
    #[error("cannot read the folder {}: {cause}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: Arc<std::io::Error>,
    },
    /// A file cannot be read.
    #[error("cannot read {file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: Arc<std::io::Error>,
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
    /// A migration that would end the engine's transaction, or begin one that means nothing.
    #[error(
        "{file}:{position}: `{statement}` in a migration that {}",
        if *stepwise { "runs each statement in a transaction of its own" } else { "runs in one transaction" }
    )]
    TransactionControl {
        /// The file.
        file: String,
        /// Where.
        position: Position,
        /// The statement.
        statement: String,
        /// Whether the file is marked `no-transaction`.
        stepwise: bool,
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
    /// A folder in which there should be migrations.
    #[error("{} holds no migrations", .0.display())]
    NoMigrations(PathBuf),
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
            Self::TransactionControl { stepwise: true, .. } => {
                "remove the line; what belongs together goes into a file of its own, without \
                 `-- trunkline: no-transaction`, which runs in one transaction"
                    .into()
            }
            Self::TransactionControl { .. } => {
                "the engine opens and commits the transaction itself: remove the line; to have each \
                 statement committed by itself, put `-- trunkline: no-transaction` into the leading comment"
                    .into()
            }
            Self::Placeholder { name, .. } => format!("set it: {name}=… trunkline migrate …"),
            Self::BadName(_) => {
                "give the file name alone, as `migrate status` prints it, without a path".into()
            }
            Self::NoMigrations(_) => {
                "a migration is a file NAME.sql, with the ending in lower case".into()
            }
            Self::DownWithoutUp(name) => format!("rename or delete {name}.down.sql"),
        }
    }
}

impl Source {
    /// Reads every `*.sql` file directly under `path`; the label is the folder's own name.
    ///
    /// Of a down file only the name is read, until someone asks for what is in it.
    pub fn directory(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        Self::listed(path.as_ref(), Listing::begin(path.as_ref())?)
    }

    fn listed(path: &Path, listing: Listing) -> Result<Self, SourceError> {
        let label = path
            .canonicalize()
            .ok()
            .and_then(|full| full.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "migrations".to_owned());
        let migrations = listing.read()?;
        Ok(Self { label, directory: Some(path.to_owned()), migrations })
    }

    /// Reads a folder, or a single migration by its up or its down file, with the other beside it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let path = path.as_ref();
        let source = if path.is_file() { Self::file(path)? } else { Self::directory(path)? };
        if source.migrations.is_empty() {
            return Err(SourceError::NoMigrations(path.to_owned()));
        }
        Ok(source)
    }

    fn file(path: &Path) -> Result<Self, SourceError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut files = Files::default();
        if let Some(stem) = file.strip_suffix(".sql") {
            let stem = stem.strip_suffix(".down").unwrap_or(stem);
            for beside in [format!("{stem}.sql"), format!("{stem}.down.sql")] {
                if folder.join(&beside).is_file() {
                    files.add(&beside, ())?;
                }
            }
        }
        let migrations = Folder::open(folder)?.read(files)?;
        Ok(Self { label: "file".to_owned(), directory: None, migrations })
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
        let mut set = Files::default();
        for file in files {
            set.add(file.0.rsplit(['/', '\\']).next().unwrap_or(file.0), file)?;
        }
        let script =
            |(file, bytes): &EmbeddedFile<'_>| Script::read((*file).to_owned(), bytes.to_vec());
        let migration = |found: Found<&EmbeddedFile<'_>>| {
            let migration = Migration::new(found.name, script(found.up)?);
            Ok(match found.down {
                Some(down) => migration.with_down(script(down)?),
                None => migration,
            })
        };
        let migrations = set.in_order()?.into_iter().map(migration).collect::<Result<_, _>>()?;
        Ok(Self { label: label.into(), directory: None, migrations })
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

    /// Every table that some migration of the set requires and no earlier one makes, each once.
    pub fn required_tables(&self) -> Result<Vec<RequiredTable>, SourceError> {
        required_tables(&self.migrations.iter().collect::<Vec<_>>())
    }
}

/// Every table that some of the migrations require and no earlier one makes, each once.
pub(crate) fn required_tables(
    migrations: &[&Migration],
) -> Result<Vec<RequiredTable>, SourceError> {
    let mut seen: Vec<&RequiredTable> = Vec::new();
    let mut tables = Vec::new();
    for (index, migration) in migrations.iter().enumerate() {
        for required in &migration.up.directives.requires {
            if seen.contains(&required) {
                continue;
            }
            seen.push(required);
            if !makes(&migrations[..index], required)? {
                tables.push(required.clone());
            }
        }
    }
    Ok(tables)
}

fn makes(migrations: &[&Migration], table: &RequiredTable) -> Result<bool, SourceError> {
    for migration in migrations {
        for statement in migration.up.statements()? {
            if let Some((schema, name)) = created_table(migration.up.sql(statement))
                && name == table.table
                && schema.is_none_or(|schema| schema == table.schema)
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
