//! `/admin/clients`: the companies' accounts at every provider.

mod list;
mod row;
mod show;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(super) use row::ClientRow;

/// The list.
pub(super) const LIST: &str = "/admin/clients";

pub(super) fn router() -> Router<State> {
    Router::new().route("/clients", get(list::show)).route("/clients/{id}", get(show::show))
}
