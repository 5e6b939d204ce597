//! The service in process, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin_api_keys;
mod alerts;
mod api_keys;
mod audit_log;
mod directory_pages;
mod events;
mod health;
mod idempotency;
mod import;
mod key;
mod known_callers;
mod migrations;
mod oidc;
mod partner_accounts;
mod pass_through;
mod people;
mod providers;
mod provisioning;
mod rate_limit;
mod reads;
mod reference;
mod requests;
mod running;
mod scope;
mod support;
mod syncs;
mod templates;
mod webhooks;
