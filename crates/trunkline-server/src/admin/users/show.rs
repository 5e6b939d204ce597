use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::super::{Frame, Page, PageProblem, Section, Time};
use super::target::find_target;
use super::{grantable, state_of};
use crate::State;
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    id: i32,
    called: String,
    email: String,
    role: &'static str,
    roles: Vec<(&'static str, &'static str, &'static str)>,
    state: (&'static str, &'static str),
    is_active: bool,
    is_self: bool,
    has_second_factor: bool,
    signed_in: Option<Time>,
    added: Time,
}

/// One user, and what may be done.
pub(super) async fn show(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let connection = state.store.connection().await?;
    let user = find_target(connection.executor(), &administrator, &id).await?;
    let page = UserPage {
        frame: administrator.frame(&headers, Section::Users),
        id: user.id,
        role: user.role.as_str(),
        roles: grantable(&administrator),
        state: state_of(&user),
        is_active: user.is_active,
        is_self: user.id == administrator.session.user_id,
        has_second_factor: user.has_second_factor,
        signed_in: user.last_signed_in_at.map(Time::from),
        added: Time::from(user.created_at),
        called: user.name,
        email: user.email,
    };
    Ok(Page(page).into_response())
}
