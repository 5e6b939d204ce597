use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::source::Name;

/// How far a migration came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Applied,
    /// A no-transaction migration that stopped half-way.
    Partial,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Partial => "partial",
        }
    }

    fn parse(text: &str) -> Self {
        if text == "partial" { Self::Partial } else { Self::Applied }
    }
}

/// Who applied a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// This engine ran it.
    Run,
    /// Recorded by `adopt`, without being run.
    Adopted,
    /// The platform's own runner had applied it.
    Platform,
}

impl Origin {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Adopted => "adopted",
            Self::Platform => "platform",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "adopted" => Self::Adopted,
            "platform" => Self::Platform,
            _ => Self::Run,
        }
    }
}

/// What decides whether a migration is pending: the row as it came, of which nothing is copied.
#[derive(Debug, Clone)]
pub(crate) struct Applied(pub(super) Row);

impl Applied {
    pub(crate) fn name(&self) -> &str {
        self.0.get(0)
    }

    pub(crate) fn source(&self) -> &str {
        self.0.get(1)
    }

    pub(crate) fn state(&self) -> State {
        State::parse(self.0.get(2))
    }

    pub(crate) fn checksum(&self) -> &str {
        self.0.get(3)
    }
}

/// A whole row of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub name: Name,
    pub source: String,
    pub state: State,
    pub origin: Origin,
    pub checksum: String,
    pub raw_checksum: String,
    pub statements_done: Option<i32>,
    pub up_sql: String,
    pub down_sql: Option<String>,
    /// None in an entry that is to be written now: the server tells the time, and it is the same for
    /// every host that writes here.
    pub applied_at: Option<Timestamp>,
}

impl Entry {
    pub(super) fn from_row(row: &Row) -> Self {
        Self {
            name: Name::from_ledger(row.get(0)),
            source: row.get(1),
            state: State::parse(row.get(2)),
            origin: Origin::parse(row.get(3)),
            checksum: row.get(4),
            raw_checksum: row.get(5),
            statements_done: row.get(6),
            up_sql: row.get(7),
            down_sql: row.get(8),
            applied_at: row.get(9),
        }
    }
}
