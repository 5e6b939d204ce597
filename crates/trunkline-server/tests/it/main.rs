//! The service in process, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod health;
mod key;
mod partner_accounts;
mod requests;
mod support;
