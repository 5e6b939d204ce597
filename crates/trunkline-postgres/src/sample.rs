//! A database as the platform has it after some years, for tests, benchmarks and a first look: companies, users,
//! `channel_connections` of every type and key variant, imperfect rows among them, and the platform's own ledger.
//!
//! The same options give the same bytes, on every machine and in every release: a change of them is a change of the
//! sample, and of what tests expect. The first companies are the same however many follow. All secrets are fakes.

mod company;
mod connection;
mod copy;
mod credentials;
mod json;
mod random;
mod variant;

use std::{collections::BTreeMap, iter};

use tokio_postgres::{Client, error::SqlState};

pub use self::variant::{Flaw, Variant};
use self::{
    company::Company,
    connection::Connections,
    copy::{Rows, copy},
};

/// The tables of a sample, parents last.
const TABLES: [&str; 4] = ["channel_connections", "users", "companies", "migrations"];

/// The comment on each of them, by which they are told from those of a platform.
const MARK: &str = "Sample of a platform, made by trunkline database sample";

/// What [`create`] makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// How many companies; about 2.3 connections and 2.5 users each. At most [`SampleOptions::MOST_COMPANIES`].
    pub companies: u32,
    /// Another seed, other rows.
    pub seed: u64,
    /// Drops the tables of an earlier sample first, with their rows; never those of a platform.
    pub replace: bool,
}

impl SampleOptions {
    /// More would run out of sample phone numbers.
    pub const MOST_COMPANIES: u32 = 1_000_000;
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self { companies: 100, seed: 1, replace: false }
    }
}

/// How far [`create`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleProgress {
    /// So many rows of a table are written.
    Rows {
        /// `companies`, `users` or `channel_connections`.
        table: &'static str,
        /// Rows of it so far.
        rows: u64,
    },
    /// The rows are there; keys and indexes are being made.
    Keys,
}

/// What [`create`] made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleSummary {
    /// Rows of `companies`.
    pub companies: u64,
    /// Rows of `users`, with the platform's administrator.
    pub users: u64,
    /// Rows of `channel_connections`.
    pub connections: u64,
    /// Rows of `channel_connections` of each variant that occurs.
    pub variants: BTreeMap<Variant, u64>,
    /// Rows of `channel_connections` with each flaw that occurs.
    pub flaws: BTreeMap<Flaw, u64>,
}

/// Why there is no sample; the database is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The database is in use, maybe by the platform itself.
    #[error("the database already has a table public.{table}{}", if *by_sample { "" } else { ", which no sample made" })]
    Occupied {
        /// The table that was found.
        table: &'static str,
        /// Whether an earlier sample made it.
        by_sample: bool,
    },
    /// There are not that many sample phone numbers.
    #[error("a sample has at most {most} companies, not {asked}", most = SampleOptions::MOST_COMPANIES)]
    TooManyCompanies {
        /// The number in the options.
        asked: u32,
    },
    /// The tables cannot be replaced, because other tables refer to them: the Partner API tables, most likely.
    #[error("the tables cannot be replaced while others refer to them: {}", database_message(.0))]
    ReferredTo(#[source] tokio_postgres::Error),
    /// The connection failed, or PostgreSQL refused a statement.
    #[error("the sample could not be written: {}", database_message(.0))]
    Database(#[source] tokio_postgres::Error),
}

impl SampleError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Occupied { by_sample: true, .. } => Some(
                "choose an empty database, or replace the tables, which a sample or the start of the service made: trunkline database sample --replace",
            ),
            Self::Occupied { by_sample: false, .. } => {
                Some("choose an empty database: --replace is for the tables of a sample alone")
            }
            Self::ReferredTo(_) => Some(
                "a private PostgreSQL is best begun anew: trunkline database reset, then trunkline database sample; \
                 elsewhere revert the migrations first: trunkline migrate down",
            ),
            Self::TooManyCompanies { .. } | Self::Database(_) => None,
        }
    }
}

/// PostgreSQL's message, which the error's own text leaves to its source.
fn database_message(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}

/// Makes the tables and their rows, in one transaction; `progress` hears of every 256 KiB sent.
///
/// The connection must be in no transaction. If the future is dropped half-way, drop the connection too.
pub async fn create(
    client: &Client,
    options: &SampleOptions,
    mut progress: impl FnMut(SampleProgress),
) -> Result<SampleSummary, SampleError> {
    if options.companies > SampleOptions::MOST_COMPANIES {
        return Err(SampleError::TooManyCompanies { asked: options.companies });
    }
    client.batch_execute("BEGIN").await.map_err(SampleError::Database)?;
    let made = async {
        make_room(client, options.replace).await?;
        let summary = fill(client, options, &mut progress).await.map_err(SampleError::Database)?;
        client.batch_execute("COMMIT").await.map_err(SampleError::Database)?;
        Ok(summary)
    }
    .await;
    if made.is_err() {
        // Where the connection is gone this fails too, and the server has rolled back: the first error is the one to tell.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    made
}

async fn make_room(client: &Client, replace: bool) -> Result<(), SampleError> {
    let query = "SELECT obj_description(to_regclass($1), 'pg_class') IS NOT DISTINCT FROM $2
                 WHERE to_regclass($1) IS NOT NULL";
    let mut found = Vec::new();
    for table in TABLES {
        let row = client
            .query_opt(query, &[&format!("public.{table}"), &MARK])
            .await
            .map_err(SampleError::Database)?;
        let Some(row) = row else { continue };
        let by_sample: bool = row.get(0);
        if !(replace && by_sample) {
            return Err(SampleError::Occupied { table, by_sample });
        }
        found.push(table);
    }
    for table in found {
        let dropped = client.batch_execute(&format!("DROP TABLE public.{table}")).await;
        dropped.map_err(|error| match error.code() {
            Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST) => SampleError::ReferredTo(error),
            _ => SampleError::Database(error),
        })?;
    }
    Ok(())
}

async fn fill(
    client: &Client,
    options: &SampleOptions,
    progress: &mut impl FnMut(SampleProgress),
) -> Result<SampleSummary, tokio_postgres::Error> {
    let companies = || Company::all(options.seed, options.companies);
    let mut summary = SampleSummary::default();
    client.batch_execute(include_str!("sample/tables.sql")).await?;

    let write = |company: Company, rows: &mut Rows| company.write(rows);
    summary.companies = copy(client, "companies", companies(), write, progress).await?;

    let users = iter::once(None).chain(companies().map(Some));
    let write = |company: Option<Company>, rows: &mut Rows| match company {
        Some(company) => company.write_users(rows),
        None => company::write_administrator(rows),
    };
    summary.users = copy(client, "users", users, write, progress).await?;

    let mut connections = Connections::new(options.seed);
    let write = |company: Company, rows: &mut Rows| {
        for connection in connections.of(&company) {
            *summary.variants.entry(connection.variant).or_default() += 1;
            if let Some(flaw) = connection.flaw {
                *summary.flaws.entry(flaw).or_default() += 1;
            }
            connection.write(rows);
        }
    };
    summary.connections = copy(client, "channel_connections", companies(), write, progress).await?;

    progress(SampleProgress::Keys);
    client.batch_execute(include_str!("sample/keys.sql")).await?;
    for table in TABLES {
        client.batch_execute(&format!("COMMENT ON TABLE public.{table} IS '{MARK}'")).await?;
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::{Company, Connections, Rows};

    fn text(seed: u64, companies: u32) -> String {
        let mut rows = Rows::default();
        let mut connections = Connections::new(seed);
        for company in Company::all(seed, companies) {
            company.write(&mut rows);
            company.write_users(&mut rows);
            for connection in connections.of(&company) {
                connection.write(&mut rows);
            }
        }
        rows.text().to_owned()
    }

    /// FNV-1a, so that the test needs no dependency.
    fn fingerprint(text: &str) -> u64 {
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_in_every_release() {
        assert_eq!(text(1, 500), text(1, 500));
        assert_eq!(format!("{:016x}", fingerprint(&text(1, 500))), "a4dc0050c13d529c");
    }

    #[test]
    fn another_seed_gives_other_rows() {
        assert_ne!(text(1, 50), text(2, 50));
    }

    #[test]
    fn the_first_companies_stay_whatever_follows() {
        assert!(text(1, 500).starts_with(&text(1, 20)));
    }
}
