//! What happens to every request: an id, one canonical log line, metrics, headers, limits.

mod context;
mod guard;
mod log;
mod time_out;

pub(crate) use context::RequestContext;
pub(crate) use guard::{forget_callers, guard_headers, refuse_cross_site, refuse_until_started};
pub(crate) use log::log_request;
pub(crate) use time_out::time_out;
