//! `/admin/companies`: the tenants of the platform, with what each has with us.

mod first;
mod list;
mod names;
mod show;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(super) use first::{first_channels, first_clients, read_all};
pub(super) use names::Names;

/// The list.
const LIST: &str = "/admin/companies";

pub(super) fn router() -> Router<State> {
    Router::new().route("/companies", get(list::show)).route("/companies/{id}", get(show::show))
}

/// The page of a company.
pub(super) fn page_of(id: i32) -> String {
    format!("{LIST}/{id}")
}
