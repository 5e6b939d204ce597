use thiserror::Error;
use trunkline_migrate::with_causes;

/// What went wrong at the database. It never carries a row, whose values may be secret.
#[derive(Debug, Error)]
pub enum StoreError {
    /// None of the tables is there.
    #[error("the database has none of the tables that hold secrets")]
    NotMigrated,
    /// It is no database of the platform's.
    #[error("the database has no table public.{table}")]
    NoPlatform {
        /// The table of the platform's that was looked for.
        table: &'static str,
    },
    /// The database cannot be reached, is shutting down, only reads, or has no connection to give.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// What the pool, the connection or PostgreSQL said.
        reason: String,
    },
    /// A row that a unique, foreign-key or check constraint does not allow.
    #[error("the constraint {constraint} does not allow it")]
    Constraint {
        /// Its name, or empty where PostgreSQL names none.
        constraint: String,
        /// SQLSTATE of class 23.
        code: String,
    },
    /// A query failed.
    #[error("cannot {doing}: {reason}")]
    Query {
        /// What was being done, as a verb and its object.
        doing: &'static str,
        /// PostgreSQL's words, or those of the connection.
        reason: String,
        /// SQLSTATE, where the server answered.
        code: Option<String>,
    },
}

/// Connection lost, too many connections, shutdown, start-up, a standby that only reads.
const UNAVAILABLE: [&str; 10] =
    ["08000", "08003", "08006", "53300", "57P01", "57P02", "57P03", "25006", "55000", "57P05"];

impl StoreError {
    /// Turns a failure while `doing` something into an error, without PostgreSQL's detail, in which
    /// the values of a row may stand.
    pub(crate) fn query(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Self {
        move |error| {
            let Some(said) = error.as_db_error() else {
                let reason = with_causes(&error);
                return if error.is_closed() || is_lost(&error) {
                    Self::Unavailable { reason }
                } else {
                    Self::Query { doing, reason, code: None }
                };
            };
            let (code, reason) = (said.code().code().to_owned(), said.message().to_owned());
            if UNAVAILABLE.contains(&code.as_str()) {
                Self::Unavailable { reason }
            } else if code.starts_with("23") {
                Self::Constraint {
                    constraint: said.constraint().unwrap_or_default().to_owned(),
                    code,
                }
            } else {
                Self::Query { doing, reason, code: Some(code) }
            }
        }
    }

    /// Whether there is no partition for a row: PostgreSQL says so as of a CHECK, and names none.
    pub fn is_without_partition(&self) -> bool {
        matches!(self, Self::Constraint { constraint, code } if code == "23514" && constraint.is_empty())
    }

    /// Whether this unique or foreign key refused the row.
    pub fn is_constraint(&self, name: &str) -> bool {
        matches!(self, Self::Constraint { constraint, .. } if constraint == name)
    }

    /// Whether the same may go through a moment later: a lock, a deadlock, somebody who was faster.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Constraint { .. } => true,
            Self::Query { code: Some(code), .. } => {
                ["55P03", "40P01", "40001"].contains(&code.as_str())
            }
            _ => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotMigrated => "make them: trunkline migrate up",
            Self::NoPlatform { .. } => {
                "give the address of the platform's database: --database-url; to try it out: trunkline database sample"
            }
            Self::Query { code: Some(code), .. } if code == "42501" => {
                "as the owner, GRANT this login what is named: it needs SELECT, INSERT, UPDATE and DELETE on the tables of `trunkline migrate up`, USAGE on their sequences, and of the platform's tables what docs/import.md says"
            }
            Self::Query { code: Some(code), .. } if code == "42P01" || code == "42703" => {
                "the tables are not those of this release: trunkline migrate status"
            }
            Self::Unavailable { .. } => {
                "check that PostgreSQL runs and has connections left; what was committed stands"
            }
            Self::Constraint { .. } => "somebody else wrote it meanwhile; look again",
            Self::Query { .. } => "what was committed stands; run the same command again",
        }
    }
}

fn is_lost(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}
