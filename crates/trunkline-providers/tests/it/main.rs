//! The providers' clients against fakes on loopback, and the guard against names and addresses that are made up.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod api;
mod dialog360;
mod documentation;
mod fake;
mod guard;
mod http;
mod meta;
mod network;
mod simulator;
mod twilio;
mod webhooks;
