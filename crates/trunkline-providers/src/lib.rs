//! What Trunkline says to 360dialog, Meta, Twilio and an OpenID Connect issuer, and how it reads their answers.
//!
//! Base URLs, credentials and the clock are arguments; nothing here knows of a database.
//! ```no_run
//! # async fn example(key: secrecy::SecretString) -> Result<(), Box<dyn std::error::Error>> {
//! use trunkline_core::Clock;
//! use trunkline_providers::{dialog360, guard::Guard, http::{Http, Options}};
//!
//! let http = Http::new(&Options::default(), Guard::new())?;
//! let mut account = dialog360::Account::new("examplePA");
//! account.api_key = Some(key);
//! let report = dialog360::check(&http, &account, &Clock::system()).await;
//! for finding in &report.findings {
//!     println!("{:?} {}: {}", finding.level, finding.code, finding.message);
//! }
//! # Ok(()) }
//! ```

pub mod api;
pub mod dialog360;
pub mod error;
mod exchange;
pub mod guard;
pub mod http;
pub mod lanes;
pub mod meta;
pub mod oidc;
pub mod pass_through;
pub mod report;
mod signature;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod twilio;
pub mod webhooks;

pub use signature::is_word;

#[doc(hidden)]
pub use tracing;
