//! What can go wrong, in words for whoever has to act on it.

mod failure;
mod hints;
mod problem;

use std::time::Duration;

use thiserror::Error;
use tokio_postgres::error::{DbError, SqlState};

pub use failure::StatementFailure;
pub use problem::Problem;

use crate::catalog::CatalogError;
use crate::database::{Target, TargetError};
use crate::event::{Blocker, Runner};
use crate::plan::PlanError;
use crate::source::{Name, SourceError};

/// Every failure of the engine.
///
/// `Display` is a sentence, [`Error::hint`] what to do, [`Error::exit_status`] what a command ends with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder or file that cannot be read as migrations.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A connection string that is not understood.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// No connection.
    #[error("cannot connect to {target}: {reason}")]
    Unreachable {
        /// Host, port and database.
        target: String,
        /// What the system or the server said.
        reason: String,
        /// The server's SQLSTATE, when a server answered.
        code: Option<String>,
    },
    /// The catalogue cannot be read, recorded or compared.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The connection broke during the work.
    #[error("the connection to {target} was lost{}: {reason}", during(migration.as_ref()))]
    ConnectionLost {
        /// Host, port and database.
        target: String,
        /// During which migration.
        migration: Option<Name>,
        /// What was said last.
        reason: String,
    },
    /// Something that must be there first is not.
    #[error("the database is not ready for these migrations:\n{}", Problem::list(.0))]
    Preflight(Vec<Problem>),
    /// A statement of a migration failed.
    #[error("{0}")]
    Statement(Box<StatementFailure>),
    /// A query of the engine's own failed.
    #[error("{doing} failed: {message} (SQLSTATE {code})")]
    Query {
        /// What the engine was doing.
        doing: &'static str,
        /// PostgreSQL's message.
        message: String,
        /// The SQLSTATE.
        code: String,
    },
    /// A query of the engine's own that the login may not make.
    #[error("{doing} failed: {message} (SQLSTATE 42501)")]
    Denied {
        /// What the engine was doing.
        doing: &'static str,
        /// PostgreSQL's message.
        message: String,
        /// The login, as SQL takes it.
        login: String,
    },
    /// The table that was named as the platform's own ledger is none.
    #[error("the platform's ledger `{table}` {lacks}")]
    PlatformLedger {
        /// As it was given.
        table: String,
        /// What is wrong with it.
        lacks: &'static str,
    },
    /// Applied migrations whose file is another one now.
    #[error("{} changed after being applied: {}", plural(.0.len(), "file"), join(.0))]
    Changed(Vec<Name>),
    /// What is done of a migration that runs statement by statement is not what its file says now.
    #[error(
        "{migration} is half-way, and the {done} of {of} statements that are done were changed in its file"
    )]
    ChangedHalfWay {
        /// Which migration.
        migration: Name,
        /// How many statements are done.
        done: usize,
        /// How many the file had when they were.
        of: usize,
    },
    /// The directive was taken out of a file that is half-way.
    #[error("{0} is half-way, and its file is no longer marked `-- trunkline: no-transaction`")]
    NoLongerStepwise(Name),
    /// Another set has applied migrations of these names, with other contents.
    #[error(
        "{} applied by the set `{of}`, and {} here: {}",
        if names.len() == 1 { "a migration of this name was" } else { "migrations of these names were" },
        if names.len() == 1 { "is another one" } else { "are others" },
        join(names)
    )]
    NameTaken {
        /// The names that both have.
        names: Vec<Name>,
        /// The label of the other set.
        of: String,
    },
    /// The ledger knows migrations of this set that the set does not have.
    #[error(
        "the database is ahead: the ledger has {}, which the set `{source_label}` does not have",
        join(migrations)
    )]
    Ahead {
        /// The label of the set.
        source_label: String,
        /// What it lacks.
        migrations: Vec<Name>,
    },
    /// Migrations are pending and the policy says not to apply them.
    #[error("{} pending: {}", plural(.0.len(), "migration"), join(.0))]
    Pending(Vec<Name>),
    /// Another runner holds the lock for longer than we may wait.
    #[error("another runner is at work: {runner}; waited {}", seconds(*waited))]
    Locked {
        /// Who.
        runner: Box<Runner>,
        /// For how long we waited.
        waited: Duration,
    },
    /// A table stayed busy for the whole lock budget.
    #[error("{migration} could not get a lock within {}{}", seconds(*waited), blocked_by(blockers))]
    Busy {
        /// Which migration.
        migration: Name,
        /// The whole budget.
        waited: Duration,
        /// Who held the lock.
        blockers: Vec<Blocker>,
        /// Whether it runs statement by statement, so that those before this one stay done.
        stepwise: bool,
    },
    /// A down script is missing; nothing was touched.
    #[error("{} no down script: {}; nothing was reverted", if .0.len() == 1 { "one migration has" } else { "some migrations have" }, join(.0))]
    MissingDown(Vec<Name>),
    /// A down script would destroy data that cannot be archived.
    #[error("the down script would destroy data: {0}; nothing was reverted")]
    WouldDestroy(String),
    /// A name that no migration has.
    #[error("there is no migration `{name}`")]
    UnknownMigration {
        /// As it was given.
        name: String,
        /// Names that look like it, best first.
        similar: Vec<Name>,
    },
    /// A start of a name that several migrations share.
    #[error("`{name}` could be {}", join(candidates))]
    AmbiguousName {
        /// As it was given.
        name: String,
        /// What it could mean.
        candidates: Vec<Name>,
    },
    /// A no-transaction migration where only transactional ones can be.
    #[error("{0} is marked `no-transaction` and cannot run with --atomic")]
    NotAtomic(Name),
    /// A no-transaction migration behind a pooler that gives each statement another connection.
    #[error(
        "{0} runs without a transaction, and the address leads to a connection pooler in transaction mode"
    )]
    Pooler(Name),
    /// An archive that does not exist or cannot come back.
    #[error("{0}")]
    Archive(String),
    /// An archive that another set made: its migrations are not known here, nor what came after them.
    #[error("the archive {archive} is of the set `{of}`, and this is `{this}`")]
    OtherSet {
        /// The archive.
        archive: String,
        /// The label of its set.
        of: String,
        /// The label of the set that was given.
        this: String,
    },
    /// What stands in the database is in the way of an archive.
    #[error("{reason}")]
    ArchiveBlocked {
        /// What.
        reason: String,
        /// The command that makes room.
        command: String,
    },
    /// `adopt` found a database that is not what the migrations make.
    #[error("{0}")]
    NotAdopted(String),
    /// `new` met a file that is there already, or could not write.
    #[error("{0}")]
    NotWritten(String),
    /// Someone asked to stop.
    #[error("interrupted{}: {left}", during(migration.as_ref()))]
    Interrupted {
        /// During which migration.
        migration: Option<Name>,
        /// In what state things are.
        left: &'static str,
    },
}

/// How a command ends; the numbers are documented and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// There are differences or pending migrations.
    Differences = 3,
    /// Blocked by a lock.
    Blocked = 4,
    /// The database is ahead of this binary.
    Ahead = 5,
    /// Preflight refused.
    Preflight = 6,
    /// Interrupted.
    Interrupted = 130,
}

impl Error {
    /// What a command ends with.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Pending(_) | Self::NotAdopted(_) => ExitStatus::Differences,
            Self::Locked { .. } | Self::Busy { .. } => ExitStatus::Blocked,
            Self::Ahead { .. } => ExitStatus::Ahead,
            Self::Preflight(_) | Self::Pooler(_) => ExitStatus::Preflight,
            Self::UnknownMigration { .. }
            | Self::AmbiguousName { .. }
            | Self::NotAtomic(_)
            | Self::PlatformLedger { .. }
            | Self::Target(_)
            | Self::Source(SourceError::BadName(_) | SourceError::NoMigrations(_)) => {
                ExitStatus::Usage
            }
            Self::Interrupted { .. } => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    }

    /// A stable word for the kind of failure, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Source(SourceError::NoMigrations(_)) => "usage",
            Self::Source(_) => "source",
            Self::Target(_) => "address",
            Self::Unreachable { .. } => "unreachable",
            Self::Catalog(_) => "catalog",
            Self::Plan(_) => "plan",
            Self::ConnectionLost { .. } => "connection_lost",
            Self::Preflight(_) => "preflight",
            Self::Statement(_) => "statement",
            Self::Query { .. } | Self::Denied { .. } => "query",
            Self::PlatformLedger { .. } => "platform_ledger",
            Self::Changed(_) | Self::ChangedHalfWay { .. } | Self::NoLongerStepwise(_) => "changed",
            Self::NameTaken { .. } => "name_taken",
            Self::Ahead { .. } => "ahead",
            Self::Pending(_) => "pending",
            Self::Locked { .. } => "locked",
            Self::Busy { .. } => "busy",
            Self::MissingDown(_) => "missing_down",
            Self::WouldDestroy(_) => "would_destroy",
            Self::UnknownMigration { .. } => "unknown_migration",
            Self::AmbiguousName { .. } => "ambiguous_name",
            Self::NotAtomic(_) => "not_atomic",
            Self::Pooler(_) => "pooler",
            Self::Archive(_) | Self::OtherSet { .. } | Self::ArchiveBlocked { .. } => "archive",
            Self::NotAdopted(_) => "not_adopted",
            Self::NotWritten(_) => "not_written",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// The same, of a migration that runs statement by statement.
    pub(crate) fn stepwise(mut self) -> Self {
        if let Self::Busy { stepwise, .. } = &mut self {
            *stepwise = true;
        }
        self
    }

    pub(crate) fn unreachable(target: &Target, error: &tokio_postgres::Error) -> Self {
        let reason = match error.as_db_error() {
            Some(said) => said.message().to_owned(),
            None => crate::database::with_causes(error)
                .replace("error connecting to server: ", "")
                .replace("error connecting to server", "no address answered"),
        };
        let code = error.code().map(|code| code.code().to_owned());
        Self::Unreachable { target: target.to_string(), reason, code }
    }

    /// A failed query of the engine's own, or the loss of the connection during it.
    pub(crate) fn query(
        doing: &'static str,
        target: &Target,
        error: &tokio_postgres::Error,
    ) -> Self {
        match error.as_db_error() {
            Some(said) if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
                Self::Denied { doing, message: said.message().to_owned(), login: target.login() }
            }
            Some(said) if !ends_connection(said.code()) => Self::Query {
                doing,
                message: with_detail(said),
                code: said.code().code().to_owned(),
            },
            _ => Self::lost(target, None, error),
        }
    }

    pub(crate) fn lost(
        target: &Target,
        migration: Option<&Name>,
        error: &tokio_postgres::Error,
    ) -> Self {
        let reason = match error.as_db_error() {
            Some(said) => said.message().to_owned(),
            None => crate::database::with_causes(error),
        };
        Self::ConnectionLost { target: target.to_string(), migration: migration.cloned(), reason }
    }
}

/// PostgreSQL's message with its detail, on one line.
fn with_detail(said: &DbError) -> String {
    match said.detail() {
        Some(detail) => format!("{} ({})", said.message(), detail.replace('\n', "; ")),
        None => said.message().to_owned(),
    }
}

/// Whether the server ended the session with this code: administrator, crash, or shutdown.
pub(crate) fn ends_connection(code: &SqlState) -> bool {
    *code == SqlState::ADMIN_SHUTDOWN
        || *code == SqlState::CRASH_SHUTDOWN
        || *code == SqlState::CANNOT_CONNECT_NOW
        || *code == SqlState::DATABASE_DROPPED
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        // transaction_timeout, from PostgreSQL 17 on.
        || code.code() == "25P04"
}

fn during(migration: Option<&Name>) -> String {
    migration.map_or_else(String::new, |name| format!(" during {name}"))
}

fn join(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn blocked_by(blockers: &[Blocker]) -> String {
    let blockers: Vec<_> = blockers.iter().map(ToString::to_string).collect();
    if blockers.is_empty() { String::new() } else { format!("; held by {}", blockers.join("; ")) }
}
