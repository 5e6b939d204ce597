use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trunkline_store::sessions::delete_sessions;

use super::super::{Page, PageProblem, Section, redirect_with_toast};
use super::act::{ConfirmPage, page_of, record};
use super::target::{find_target, lock_target};
use crate::State;
use crate::auth::Administrator;

/// Asks whether a user's sessions are to end.
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
        heading: format!("Sign {} out everywhere?", user.name),
        text: "Every session ends at once. They may sign in again.",
        target: format!("{leads_back}/sessions/end"),
        does: "End every session",
        look: "danger",
        leads_back,
    };
    Ok(Page(page).into_response())
}

/// Ends a user's sessions, but never the one in which it is done.
pub(super) async fn end(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = lock_target(executor, &administrator, &id, false).await?;
    let ended = delete_sessions(executor, user.id, Some(administrator.session.id)).await?;
    let after = Some(json!({ "sessions_ended": ended }));
    let action = "user.sessions_ended";
    record(transaction, &state, &administrator, &user, action, (None, after)).await?;
    Ok(redirect_with_toast(&page_of(&user), &format!("{} is signed out everywhere", user.name)))
}
