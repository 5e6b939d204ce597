use thiserror::Error;

use crate::source::SourceError;
use crate::sql::Position;

/// Why a catalogue cannot be read, recorded or compared.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// A query failed.
    #[error("cannot read the catalogue: {}", said(.0))]
    Query(#[from] tokio_postgres::Error),
    /// [`super::Catalog::read`] was called outside a transaction.
    #[error("the catalogue must be read inside a transaction")]
    NoTransaction,
    /// A `catalog.json` that cannot be understood.
    #[error("this is not a catalogue: {0}")]
    Json(#[from] serde_json::Error),
    /// A `catalog.json` of other migrations than those that are held against it.
    #[error("catalog.json was recorded from other migrations than these")]
    Stale,
    /// A migration that cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The server refuses to make a scratch database.
    #[error("cannot make a scratch database to see what the migrations make: {}", said(.0))]
    CreateDatabase(tokio_postgres::Error),
    /// The scratch database was made, but cannot be reached.
    #[error("cannot connect to the scratch database {database}: {cause}")]
    Connect {
        /// Its name.
        database: String,
        /// Why.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A statement would change more than the scratch database.
    #[error("{file}:{position}: this changes the whole server, not only a scratch database on it")]
    ServerWide {
        /// The file.
        file: String,
        /// Where in it the statement begins.
        position: Position,
    },
    /// A statement fails on an empty database.
    #[error("{file}:{position}: {} (in a scratch database)", said(.cause))]
    Statement {
        /// The file.
        file: String,
        /// Where in it the statement begins.
        position: Position,
        /// What PostgreSQL said.
        cause: tokio_postgres::Error,
    },
}

impl CatalogError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::CreateDatabase(_) => Some(
                "commit a catalog.json beside the migrations, or let this login make databases: \
                 ALTER ROLE … CREATEDB"
                    .into(),
            ),
            Self::Connect { .. } => Some(
                "give the address of PostgreSQL itself: a pooler does not know a database made just now"
                    .into(),
            ),
            Self::ServerWide { .. } => Some(
                "on a server of its own: trunkline migrate --source DIR record; then commit the catalog.json that it \
                 writes beside the migrations, which `verify` reads instead"
                    .into(),
            ),
            Self::Statement { file, .. } => Some(format!(
                "what {file} needs from others must be said in it: \
                 -- trunkline: requires schema.table(column type, …)"
            )),
            Self::Json(_) | Self::Stale => {
                Some("record it again: trunkline migrate --source DIR record".into())
            }
            Self::Source(error) => Some(error.hint()),
            Self::Query(_) | Self::NoTransaction => None,
        }
    }
}

/// PostgreSQL's own sentence, without the driver's `db error`.
fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
}
