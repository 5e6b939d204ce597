//! Every table of Trunkline: the embedded Partner API migrations, what they make, and the queries.

pub mod api_keys;
pub mod audit_log;
mod database;
mod error;
mod migrations;
pub mod partner_accounts;
mod row;
pub mod secret_keys;
pub mod secrets;
pub mod sessions;

pub use database::{Connection, Executor, PoolOptions, Store, Tally, Transaction, tallied};
pub use error::StoreError;
pub use migrations::{CATALOG, LABEL, partner_migrations};
