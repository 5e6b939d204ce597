//! The import of the platform's connections as the service does it: one task at a time, put up by the API or a page,
//! worked on in the background, and taken over by another process when this one ends.

mod acts;
mod plan;
mod progress;
mod tasks;
mod work;

pub(crate) use acts::{decide_conflict, put_up_task, stop_task, withdraw_decision};
pub(crate) use tasks::latest;
pub use work::{import_once, keep_importing};
