//! The engine, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod busy;
mod child;
mod concurrency;
mod errors;
mod faults;
mod futures;
mod interrupts;
mod kill;
mod ledger;
mod lint;
mod old_installs;
mod plan;
mod platform;
mod pooler;
mod properties;
mod proxy;
mod reading;
mod reverts;
mod rights;
mod sets;
mod spans;
mod stepwise;
mod support;
mod tls;
mod verify;
