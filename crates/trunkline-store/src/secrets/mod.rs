//! The ciphertext columns: counted by key, and sealed or re-sealed in batches
//! while the service goes on working.
//!
//! Batches never overwrite what somebody else writes: rows that are locked are passed over, and a row
//! is written only while it still holds the text that was read.

mod batch;
mod columns;
mod counts;

pub use batch::{Batch, Rewrite, Unopened, rewrite_secrets};
pub use columns::{SECRET_COLUMNS, SecretColumn, StoredColumn, list_secret_columns};
pub use counts::{SecretCount, Under, count_secrets};
