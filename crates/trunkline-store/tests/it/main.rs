//! The embedded set, and the queries, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alerts;
mod audit_log;
mod client_accounts;
mod events;
mod lists;
mod rate_budgets;
mod secrets;
mod statements;

use trunkline_migrate::{Migrator, Options, Target};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::{CATALOG, partner_migrations};

#[tokio::test]
async fn the_committed_catalogue_is_what_the_migrations_make() {
    let database = TestDatabase::empty().await.unwrap();
    let target = Target::parse(&database.url()).unwrap();
    let migrator = Migrator::new(partner_migrations().unwrap(), target, Options::default());
    let recorded = migrator.record().await.unwrap().to_json().unwrap();
    assert_eq!(recorded, CATALOG, "write it anew: cargo run -- migrate --source migrations record");
}
