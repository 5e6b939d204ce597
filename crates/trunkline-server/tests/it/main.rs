//! The service in process, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api_keys;
mod health;
mod idempotency;
mod key;
mod partner_accounts;
mod people;
mod rate_limit;
mod requests;
mod support;
mod templates;
