//! What the migrations make, compared with what stands in the database: `migrate verify`.
//!
//! A [`Catalog`] is the shape of a set of objects in PostgreSQL's own words. One is expected
//! (`catalog.json` beside the migrations, made by [`record`]), one is read, and [`compare`] makes a
//! [`Check`] of everything that either has, with the SQL that would mend it. [`orphans`] adds whether
//! the rows keep to the foreign keys, whatever the constraints say.
//!
//! All reading is done inside the caller's transaction, which may be READ ONLY.

mod check;
mod compare;
mod ddl;
mod error;
mod read;
mod record;
mod references;
mod shape;

use tokio_postgres::Client;

pub use check::{Check, CheckKind, Mend, Outcome, mends};
pub use compare::compare;
pub use error::CatalogError;
pub use read::{Names, Scope};
pub use record::{ConnectError, Recording, record};
pub use references::orphans;
pub use shape::{
    Catalog, Column, Constraint, ConstraintKind, DisabledTrigger, Index, Object, Objects, Table,
};

/// Compares the database with `expected`, its catalogue and the rows behind its foreign keys.
///
/// Must be called inside a transaction, which may be READ ONLY. Every check is returned, those that
/// are [`Outcome::Ok`] too; [`mends`] makes one script of what they would need.
pub async fn verify(client: &Client, expected: &Catalog) -> Result<Vec<Check>, CatalogError> {
    let found = Catalog::read(client, &Scope::of(expected)).await?;
    let mut checks = compare(expected, &found);
    for check in references::orphans_among(client, expected, &found).await? {
        // Behind the other checks of its table.
        let last = checks.iter().rposition(|other| other.relation == check.relation);
        checks.insert(last.map_or(checks.len(), |last| last + 1), check);
    }
    Ok(checks)
}
