//! The pool of connections, and how a query is run on one: prepared once, measured, its failure named.

mod executor;
mod ping;
mod pool;
mod tally;

pub(crate) use executor::Parameters;
pub use executor::{Connection, Executor, Transaction};
pub use pool::{PoolOptions, Store};
pub use tally::{Tally, add_to_tally, tallied};
pub(crate) use tally::{record, record_write};
