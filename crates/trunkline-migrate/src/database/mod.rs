//! The database: its address, and connections on which notices are heard.

mod libpq;
mod session;
mod target;
mod tls;

pub(crate) use session::{NoticeSink, Session};
pub use target::with_causes;
pub use target::{Target, TargetError};
