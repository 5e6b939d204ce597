use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trunkline_store::one_time_links::{LinkPurpose, delete_links};
use trunkline_store::sessions::delete_sessions;
use trunkline_store::users::update_user_activity;

use super::super::{Page, PageProblem, Section, redirect_with_toast};
use super::act::{ConfirmPage, page_of, record};
use super::target::{find_target, lock_target};
use crate::State;
use crate::auth::Administrator;
use crate::problem::{Kind, Problem};

/// Asks whether a user is to be deactivated.
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
        heading: format!("Deactivate {}?", user.name),
        text: "Every session ends at once, and they cannot sign in until somebody activates them again. \
               What they did stays in the audit log.",
        target: format!("{leads_back}/deactivate"),
        does: "Deactivate",
        look: "danger",
        leads_back,
    };
    Ok(Page(page).into_response())
}

/// Ends a user's sessions and lets them sign in no longer.
pub(super) async fn deactivate(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = lock_target(executor, &administrator, &id, true).await?;
    if user.id == administrator.session.user_id {
        let detail = "nobody deactivates themselves; ask another administrator";
        return Err(Problem::new(Kind::Conflict, detail).into());
    }
    if user.is_active {
        update_user_activity(executor, user.id, false, state.clock.now()).await?;
        delete_links(executor, LinkPurpose::Password(user.id)).await?;
        let ended = delete_sessions(executor, user.id, None).await?;
        let change = (
            Some(json!({ "is_active": true })),
            Some(json!({ "is_active": false, "sessions_ended": ended })),
        );
        let action = "user.deactivated";
        record(transaction, &state, &administrator, &user, action, change).await?;
    }
    Ok(redirect_with_toast(&page_of(&user), &format!("{} is deactivated", user.name)))
}

/// Lets a user sign in again.
pub(super) async fn reactivate(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = lock_target(executor, &administrator, &id, false).await?;
    if !user.is_active {
        update_user_activity(executor, user.id, true, state.clock.now()).await?;
        let change = (Some(json!({ "is_active": false })), Some(json!({ "is_active": true })));
        let action = "user.reactivated";
        record(transaction, &state, &administrator, &user, action, change).await?;
    }
    Ok(redirect_with_toast(&page_of(&user), &format!("{} is active again", user.name)))
}
