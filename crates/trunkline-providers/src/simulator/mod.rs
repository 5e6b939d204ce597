//! 360dialog, Meta and Twilio as one stateful server on loopback, for tests and for looking around.
//!
//! It is written from the same references as the clients: what is uncertain there is a switch here. Its state is a
//! [`World`], which is also its seed; its time is a [`Clock`](trunkline_core::Clock) that may be put forward.
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use trunkline_providers::simulator::{Sample, Simulator, World};
//!
//! let simulator = Simulator::start(World::sample(&Sample::default())).await?;
//! println!("providers.meta_url = \"{}\"", simulator.meta_url());
//! # Ok(()) }
//! ```

#![expect(clippy::unnecessary_wraps, reason = "the handlers of a route table have one type")]

mod answer;
mod context;
mod control;
pub mod dialog360;
mod faults;
mod incoming;
mod issue;
mod log;
mod media;
pub mod meta;
mod numbers;
mod pages;
mod request;
mod route;
mod sample;
mod scene;
mod schedule;
mod server;
mod stir;
mod targets;
pub mod twilio;
mod webhooks;
mod world;

pub use faults::{Fault, FaultKind, Words};
pub use log::Logged;
pub use media::Media;
pub use numbers::SampleNumber;
pub use sample::Sample;
pub use server::Simulator;
pub use targets::WebhookTargets;
pub use webhooks::{Delivered, Quirks};
pub use world::World;
