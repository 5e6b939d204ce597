//! `/admin/channels`: the WhatsApp numbers of companies, at every provider.

mod act;
mod chart;
mod list;
mod row;
mod show;
mod step;

use axum::Router;
use axum::routing::get;

use crate::State;

pub(super) use row::ChannelRow;

/// The list.
pub(super) const LIST: &str = "/admin/channels";

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/channels", get(list::show))
        .route("/channels/{id}", get(show::show))
        .route("/channels/{id}/{step}", get(act::ask).post(act::act))
}
