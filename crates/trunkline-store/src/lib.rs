//! Every table of Trunkline: the embedded Partner API migrations, what they make, and the queries.

pub mod alerts;
pub mod api_keys;
pub mod audit_log;
pub mod backup;
pub mod channels;
pub mod clients;
pub mod companies;
mod database;
mod error;
pub mod events;
pub mod idempotency;
pub mod import;
mod listed;
pub mod lists;
mod migrations;
pub mod one_time_links;
pub mod outages;
pub mod overview;
mod paging;
pub mod partner_accounts;
pub mod provider_calls;
pub mod rate_budgets;
mod row;
pub mod secret_keys;
pub mod secrets;
pub mod sessions;
pub mod sign_in_throttles;
pub mod syncs;
pub mod users;
pub mod webhooks;

pub use database::{
    Connection, Executor, PoolOptions, Store, Tally, Transaction, add_to_tally, tallied,
};
pub use error::StoreError;
pub use listed::{Document, KeyValue, ListKey, NoQualifiedId, QualifiedId, Unsupported};
pub use migrations::{CATALOG, LABEL, find_last_migration_run, partner_migrations};
pub use paging::{Sort, SortField, Window};
