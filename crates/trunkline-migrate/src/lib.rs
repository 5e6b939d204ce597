//! A PostgreSQL migration engine: bounded locks, resumable statements, reverts that lose no row.
//!
//! Every command of the command line is a call of [`Migrator`], shared by it, servers and tests.
//! A foreign project needs ten lines:
//!
//! ```no_run
//! use std::sync::Arc;
//! use trunkline_migrate::{Migrator, Options, Policy, Silent, Target, source::Source};
//!
//! # async fn start() -> Result<(), trunkline_migrate::Error> {
//! let source = Source::directory("migrations")?;
//! let target = Target::parse("postgres://app@localhost/app")?;
//! let migrator = Migrator::new(source, target, Options::default());
//! migrator.ensure_current(Policy::Apply, Arc::new(Silent)).await?;
//! # Ok(())
//! # }
//! ```

pub mod catalog;
mod database;
mod down;
mod ensure;
mod error;
mod event;
mod inspect;
mod ledger;
pub mod lint;
mod lock;
mod migrator;
mod options;
pub mod plan;
mod platform;
mod preflight;
mod repair;
mod scaffold;
mod selection;
pub mod source;
pub mod sql;
mod status;
mod suggest;
mod up;
mod who;

pub use database::{Target, TargetError, with_causes};
pub use down::{
    Archive, ArchivedKind, ArchivedObject, ArchivedTable, DownReport, DownRequest, DroppedTable,
    RestoreReport,
};
pub use ensure::Policy;
pub use error::{Error, ExitStatus, Problem, StatementFailure};
pub use event::{Blocker, Direction, Event, Observer, Runner, Silent};
pub use inspect::{AdoptReport, CATALOG_FILE, Recorded};
pub use ledger::{HistoryEntry, Origin};
pub use migrator::Migrator;
pub use options::{Interrupt, Options, PlatformLedger};
pub use repair::{RepairReport, RepairRequest};
pub use scaffold::new_migration;
pub use selection::UpRequest;
pub use status::{MigrationState, MigrationStatus, Status};
pub use up::{Done, UpReport};
pub use who::user as account;
