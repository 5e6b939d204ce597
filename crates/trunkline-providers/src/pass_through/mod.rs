//! Requests of others that are passed on to a provider with a channel's credentials: which they may be, and what of them is
//! sent.
//!
//! A path reaches the channel itself and nothing beside it. What of a request might say otherwise is read strictly, and
//! written anew from what was understood, so that the provider reads nothing else than we did.

mod body;
mod call;
mod path;
mod query;
mod route;
mod throttled;

pub use body::{BodyRefused, Checked, check_form, check_graph_form, check_json};
pub use call::{Access, file_call, media_call, message_call, provider_call};
pub use path::{Path, PathRefused};
pub use query::{Query, QueryRefused};
pub use route::{Budget, Channel, Inspect, ROUTES, Route, find_route};
pub use throttled::{rest, used};
