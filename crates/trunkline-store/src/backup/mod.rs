//! What a backup is made of, and what a restore finds: the queries around `pg_dump` and `pg_restore`.
//!
//! A [`Snapshot`] is held open while `pg_dump` reads from it, so that counts and checksums are those of the
//! rows that were dumped. The SQL that a restore runs through `psql` is text from here.

mod contents;
mod references;
mod replace;
mod scratch;
mod snapshot;
mod target;

pub use contents::{Contents, NO_TRANSACTION_TIMEOUT, comparison};
pub use references::{IdRange, Reference};
pub use replace::{Aside, forget_later_migrations, list_aside, missing_moving_rights};
pub use scratch::{create_scratch, drop_scratch, fill_references};
pub use snapshot::{AppliedMigration, Keys, Server, Snapshot};
pub use target::{Lacking, TargetState};

use serde::{Deserialize, Serialize};

/// The tables in `public` that the contract with the platform names.
pub const CONTRACT_TABLES: [&str; 5] = [
    "partner_configurations",
    "dialog_360_clients",
    "dialog_360_channels",
    "meta_whatsapp_clients",
    "meta_whatsapp_phone_numbers",
];

/// How much of a database is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The contract tables, the schema `trunkline`, and the archives that reverts made.
    Partner,
    /// Everything.
    WholeDatabase,
}

impl Extent {
    /// Which relations belong to it, as a condition on `pg_class` and `pg_namespace`.
    fn condition(self) -> String {
        match self {
            Self::Partner => {
                let tables: Vec<String> =
                    CONTRACT_TABLES.iter().map(|table| format!("'{table}'")).collect();
                format!(
                    r"(nspname = 'public' AND relname IN ({})
                    OR nspname = 'trunkline'
                    OR nspname LIKE 'trunkline\_archive\_%')",
                    tables.join(", ")
                )
            }
            Self::WholeDatabase => {
                r"(nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%')".to_owned()
            }
        }
    }
}

/// A table with rows of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
}

impl Table {
    /// The table as SQL.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.table))
    }
}

/// `schema.table`.
impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

/// A name as SQL.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
