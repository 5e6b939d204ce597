use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::super::{Page, PageProblem, Section};
use super::act::{ConfirmPage, page_of};
use super::invite::LinkPage;
use super::target::find_target;
use crate::State;
use crate::auth::Administrator;
use crate::people::PeopleError;
use crate::problem::{Kind, Problem};

/// Asks whether a link is to be made.
pub(super) async fn ask(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let connection = state.store.connection().await?;
    let user = find_target(connection.executor(), &administrator, &id).await?;
    let leads_back = page_of(&user);
    let page = ConfirmPage {
        frame: administrator.frame(&headers, Section::Users),
        heading: format!("A new password for {}?", user.name),
        text: "You get a link with which they choose one, once, within 24 hours; an older link ends. The \
               present password works until then.",
        target: format!("{leads_back}/password-link"),
        does: "Make the link",
        look: "primary",
        leads_back,
    };
    Ok(Page(page).into_response())
}

/// Makes a link for a new password and shows it.
pub(super) async fn make(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let connection = state.store.connection().await?;
    let user = find_target(connection.executor(), &administrator, &id).await?;
    drop(connection);
    let highest = administrator.session.role;
    let made = state.people(administrator.actor()).password_link(user.id, highest, false).await;
    let invitation = made.map_err(|error| match error {
        PeopleError::Store(error) => error.into(),
        PeopleError::NotFound => Problem::not_found("user"),
        other => Problem::new(Kind::Conflict, other.to_string()),
    })?;
    let page = LinkPage {
        frame: administrator.frame(&headers, Section::Users),
        heading: format!("A new password for {}", user.name),
        link: invitation.link,
        leads_back: page_of(&user),
    };
    Ok(Page(page).into_response())
}
