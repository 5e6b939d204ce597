//! A private PostgreSQL cluster: Trunkline's embedded default, and the tests' database.
//!
//! [`Cluster::open`] finds an installed PostgreSQL (or fetches one), makes a data directory, and runs a server on it
//! that ends after its last user, however that dies. Any number of processes share one. Nothing is to be wired: the
//! supervisor is a shell, started inline.
//!
//! The kernel does the bookkeeping: users hold a FIFO open, the server's processes inherit a locked file. See
//! `supervisor.sh`, and [`testing`] for the databases of tests.

mod account;
mod admin;
mod cluster;
mod error;
mod fetch;
mod initialise;
mod install_hint;
mod installation;
mod layout;
mod log;
mod options;
mod progress;
pub mod sample;
mod seat;
mod server;
mod supervisor;
pub mod testing;
mod tools;

pub use admin::{Status, reset, status, stop};
pub use cluster::Cluster;
pub use error::Error;
pub use installation::Search;
pub use log::Excerpt;
pub use options::{Options, data_directory};
pub use progress::{Progress, Step};
pub use tools::Tools;
