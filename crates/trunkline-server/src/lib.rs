//! The HTTP service: REST API, admin pages, health and metrics, on the tables of `trunkline-store`.
//!
//! [`State`] is what every handler works with; [`router`] is the whole service in process, for tests;
//! [`serve`] runs it on a socket until it is told to stop.

pub mod admin;
mod alerts;
pub mod api;
mod auth;
mod explanation;
mod health;
mod import;
pub mod jobs;
mod listen;
mod metrics;
mod middleware;
mod oidc;
mod partner_accounts;
mod pass_through;
pub mod people;
mod problem;
pub mod providers;
mod provisioning;
mod reference;
mod routes;
mod state;
pub mod syncs;
pub mod watch;
mod webhooks;

pub use alerts::{deliver_alerts, deliver_alerts_once};
pub use api::api_keys::add_api_key;
pub use auth::KnownCallers;
pub use import::{import_once, keep_importing};
pub use listen::{Drained, Limits, serve};
pub use metrics::{Metrics, metrics_router};
pub use oidc::{Oidc, OidcSettingsError};
pub use partner_accounts::{ProviderClient, add_partner_account};
pub use problem::{FieldProblem, Kind, Problem};
pub use routes::router;
pub use state::{Progress, Service, Settings, State};
pub use webhooks::{Webhooks, work, work_once};
