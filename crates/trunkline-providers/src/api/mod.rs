//! What the API clients of all providers are built on: budgets, repeats, and tolerant reading.
//!
//! A client reads what it knows, keeps the answer as it came, and never fails on a word, a field or a type that it
//! does not know: the providers' lists are open.

mod budget;
mod caller;
mod fields;
mod paging;
mod repeat;
mod template;
mod word;

pub use budget::{Budget, NoBudget, Pending, Pressure};
pub use caller::Caller;
pub use paging::List;
pub use repeat::Patience;
pub use template::Template;
pub use word::{Known, Word};

pub(crate) use fields::Fields;
pub(crate) use paging::items;
pub(crate) use repeat::Repeat;
pub(crate) use word::words;

use serde_json::Value;

/// What is read out of an answer; `None`: it is something else.
pub(crate) trait Reading: Sized {
    fn read(value: Value) -> Option<Self>;
}
