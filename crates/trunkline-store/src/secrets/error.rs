use thiserror::Error;
use trunkline_migrate::with_causes;

/// What went wrong at the database. It never carries a row, whose values may be secret.
#[derive(Debug, Error)]
pub enum StoreError {
    /// None of the tables is there.
    #[error("the database has none of the tables that hold secrets")]
    NotMigrated,
    /// A query failed, or the connection was lost.
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

impl StoreError {
    /// Turns a failure while `doing` something into an error, without PostgreSQL's detail.
    pub(crate) fn query(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Self {
        move |error| {
            let reason = error.as_db_error().map(|said| said.message().to_owned());
            let code = error.code().map(|code| code.code().to_owned());
            Self::Query { doing, reason: reason.unwrap_or_else(|| with_causes(&error)), code }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotMigrated => "make them: trunkline migrate up",
            Self::Query { code: Some(code), .. } if code == "42501" => {
                "this login needs SELECT and UPDATE on the tables that hold secrets"
            }
            Self::Query { .. } => "what was committed stands; run the same command again",
        }
    }
}
