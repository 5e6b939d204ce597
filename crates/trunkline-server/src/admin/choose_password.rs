//! A new password by a one-time link: an invitation, or a password that was forgotten.

use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use trunkline_core::secrets::Secret;
use trunkline_store::Executor;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::{LinkPurpose, find_link, use_link};
use trunkline_store::sessions::delete_sessions;
use trunkline_store::sign_in_throttles::{Subject, delete_throttle};
use trunkline_store::users::{User, find_user, lock_user, update_password};

use super::form::{Errors, Form};
use super::{Frame, Page, PageProblem, Time, redirect_with_toast};
use crate::State;
use crate::auth::{
    ADVICE, Visitor, hash_password, hash_token, refuse_password, set_session_cookie,
};
use crate::problem::{Kind, Problem};

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "choose_password.html")]
struct ChoosePasswordPage {
    frame: Frame,
    email: String,
    errors: Errors,
    advice: &'static str,
    ends: Time,
}

/// The form.
pub(crate) async fn show(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, PageProblem> {
    let (user, ends) = find_invited(&state, &token).await?;
    let (frame, errors) = (visitor.frame, Errors::default());
    let page = ChoosePasswordPage { frame, email: user.email, errors, advice: ADVICE, ends };
    Ok(Page(page).into_response())
}

/// Sets the password, ends every session, and has the user sign in with it.
pub(crate) async fn choose(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    visitor: Visitor,
    Form(form): Form<PasswordForm>,
) -> Result<Response, PageProblem> {
    let (user, ends) = find_invited(&state, &token).await?;
    if let Some(message) = refuse_password(&form.password, &user.email) {
        let (frame, errors) = (visitor.frame, Errors::one("password", message));
        let page = ChoosePasswordPage { frame, email: user.email, errors, advice: ADVICE, ends };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let hash = hash_password(Secret::new(form.password), &state.random).await?;

    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = use_invitation(executor, &state, &token).await?;
    update_password(executor, user.id, &hash, now).await?;
    let ended = delete_sessions(executor, user.id, None).await?;
    delete_throttle(executor, &Subject::Account(user.email.clone())).await?;
    let act = Act {
        after: Some(json!({ "by": "link", "sessions_ended": ended })),
        ..Act::on_user("user.password_changed", user.id)
    };
    insert_audit_entry(executor, &visitor.as_user(&user), &act, now).await?;
    transaction.commit().await?;
    let toast = "The password is set. Sign in with it.";
    let mut response = redirect_with_toast("/admin/sign-in", toast);
    set_session_cookie(&mut response, &state.settings, None);
    Ok(response)
}

async fn use_invitation(
    executor: Executor<'_>,
    state: &State,
    token: &str,
) -> Result<User, Problem> {
    let used = use_link(executor, &hash_token(token), state.clock.now()).await?;
    let Some(LinkPurpose::Password(user_id)) = used else { return Err(over()) };
    let user = lock_user(executor, user_id).await?;
    user.filter(|user| user.is_active).ok_or_else(over)
}

/// Whose link it is, and when it ends; a problem if it lets nobody in.
async fn find_invited(state: &State, token: &str) -> Result<(User, Time), Problem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let link = find_link(executor, &hash_token(token), state.clock.now()).await?;
    let Some(link) = link else { return Err(over()) };
    let LinkPurpose::Password(user_id) = link.purpose else { return Err(over()) };
    let user = find_user(executor, user_id).await?.filter(|user| user.is_active);
    Ok((user.ok_or_else(over)?, Time::from(link.expires_at)))
}

fn over() -> Problem {
    let detail = "This link was used, replaced by a newer one, or has expired. Ask an administrator for \
                  another; on the server, `trunkline admin reset-password` prints one.";
    Problem::new(Kind::NotFound, detail)
}
