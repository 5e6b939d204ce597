//! The only place that knows the squawk crates: SQL text in, our own words out.
//!
//! `squawk-syntax` is a parser written in Rust, without PostgreSQL's C code, and it recovers from
//! errors: a statement that it does not know still yields what it could read.

mod alter;
mod create;
mod head;
mod linter;
mod names;
mod reading;
mod relations;

pub(crate) use head::{Guard, Head, Verb};
pub(crate) use linter::{Ignored, Linted, Options, lint};
pub use reading::LockMode;
pub(crate) use reading::{
    Change, Default, Extra, Mark, Operation, Reading, RelationName, SetType, Touch,
};
