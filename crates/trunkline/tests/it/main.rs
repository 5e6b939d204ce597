//! The command line as an operator sees it: real processes on real databases, their whole output in snapshots.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod address;
mod admin;
mod alerts;
mod audit;
mod backup;
mod backup_places;
mod browser;
mod closed_output;
mod configuration;
mod doctor;
mod down;
mod failover;
mod files;
mod help;
mod import;
mod import_changes;
mod import_moves;
#[cfg(feature = "simulator")]
mod import_providers;
mod import_sources;
mod importing;
mod json;
mod keys;
mod ledger;
mod lint;
mod locks;
mod outcome;
mod place;
mod plan;
mod private;
#[cfg(feature = "simulator")]
mod provider_calls;
mod refusal;
mod runbook;
mod serve;
mod serving;
#[cfg(feature = "simulator")]
mod simulate;
mod status;
#[cfg(feature = "simulator")]
mod sync;
mod terminal;
mod up;
mod verify;
mod webhooks;
