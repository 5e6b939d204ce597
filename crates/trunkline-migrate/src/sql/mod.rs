//! SQL text: where its statements are, what each begins with, and where in the file that is.
//!
//! PostgreSQL reports no position for most failures inside a file sent as one string, so the engine
//! sends one statement at a time and this module says where it stood.

mod position;
mod quote;
mod split;
mod words;

pub use position::Position;
pub(crate) use quote::{quote, quoted};
pub use split::{SplitError, Statement, split};
pub(crate) use words::{Word, created_table, words};
