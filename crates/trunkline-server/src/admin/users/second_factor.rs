use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trunkline_store::users::delete_second_factor;

use super::super::{Page, PageProblem, Section, redirect_with_toast};
use super::act::{ConfirmPage, page_of, record};
use super::target::{find_target, lock_target};
use crate::State;
use crate::auth::Administrator;

/// Asks whether a user's second factor is to be turned off.
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
        heading: format!("Turn {}'s second factor off?", user.name),
        text: "Do this for somebody who lost their phone and their recovery codes, and only when you are \
               sure that it is they who ask. The password alone lets them in until they turn it on again.",
        target: format!("{leads_back}/second-factor/off"),
        does: "Turn it off",
        look: "danger",
        leads_back,
    };
    Ok(Page(page).into_response())
}

/// Turns a user's second factor off.
pub(super) async fn turn_off(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = lock_target(executor, &administrator, &id, false).await?;
    if user.id == administrator.session.user_id {
        // There it takes the password.
        return Ok(redirect_with_toast("/admin/profile", "Turn your own second factor off here"));
    }
    if user.has_second_factor {
        delete_second_factor(executor, user.id, state.clock.now()).await?;
        let change = (
            Some(json!({ "has_second_factor": true })),
            Some(json!({ "has_second_factor": false })),
        );
        let action = "user.totp_disabled";
        record(transaction, &state, &administrator, &user, action, change).await?;
    }
    let toast = format!("The second factor of {} is off", user.name);
    Ok(redirect_with_toast(&page_of(&user), &toast))
}
