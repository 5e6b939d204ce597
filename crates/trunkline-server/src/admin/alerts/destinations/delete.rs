use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::Role;

use super::load;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::alerts::remove_destination;
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "alerts/destination_delete.html")]
struct DeletePage {
    frame: Frame,
    title: String,
    action: String,
    back: String,
}

/// Asks first.
pub(super) async fn ask(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let destination = load(&state, id).await?;
    Ok(Page(DeletePage {
        frame: administrator.frame(&headers, Section::Alerts),
        title: format!("Delete “{}”?", destination.name),
        action: format!("/admin/alerts/destinations/{id}/delete"),
        back: format!("/admin/alerts/destinations/{id}"),
    }))
}

/// Deletes it.
pub(super) async fn delete(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let gone = remove_destination(&state, &administrator.actor(), id, |_| Ok(())).await?;
    let toast = format!("“{}” is deleted", gone.name);
    Ok(redirect_with_toast("/admin/alerts/destinations", &toast))
}
