//! The first user, by the one-time link that the service prints at its start.

use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::secrets::Secret;
use trunkline_store::Executor;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::{LinkPurpose, find_link, use_link};
use trunkline_store::users::{NewUser, User, has_users, insert_user, lock_users, note_sign_in};

use super::form::{Errors, Form};
use super::{Frame, Page, PageProblem, Time, redirect_with_toast};
use crate::State;
use crate::auth::{
    ADVICE, Visitor, hash_password, hash_token, refuse_password, set_session_cookie,
};
use crate::people::{describe, parse_email, parse_name};
use crate::problem::{Kind, Problem};

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SetupForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    name: String,
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
    let ends = find_end(&state, &token).await?;
    let (name, email, errors) = (String::new(), String::new(), Errors::default());
    let frame = visitor.frame;
    Ok(Page(SetupPage { frame, name, email, errors, advice: ADVICE, ends }).into_response())
}

/// Makes the first owner and signs them in.
pub(crate) async fn set_up(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    visitor: Visitor,
    Form(form): Form<SetupForm>,
) -> Result<Response, PageProblem> {
    let ends = find_end(&state, &token).await?;
    let mut errors = Errors::default();
    let name = errors.take("name", parse_name(&form.name));
    let email = errors.take("email", parse_email(&form.email));
    if let Some(message) = refuse_password(&form.password, &email) {
        errors.add("password", message);
    }
    if !errors.is_empty() {
        let (frame, name, email) = (visitor.frame, form.name, form.email);
        let page = SetupPage { frame, name, email, errors, advice: ADVICE, ends };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let hash = hash_password(Secret::new(form.password), &state.random).await?;

    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let new = NewUser {
        email: &email,
        name: &name,
        role: Role::Owner,
        password_hash: Some(hash.as_str()),
    };
    let user = insert_first(executor, &token, &new, now).await?;
    let session = visitor.begin_session(executor, &state, user.id, false).await?;
    let act = Act { after: Some(describe(&user)), ..Act::on_user("user.created", user.id) };
    insert_audit_entry(executor, &visitor.as_user(&user), &act, now).await?;
    transaction.commit().await?;
    let toast = format!("Welcome, {name}. You own this installation.");
    let mut response = redirect_with_toast("/admin", &toast);
    set_session_cookie(&mut response, &state.settings, Some(&session));
    Ok(response)
}

/// Whoever comes second waits for the lock, and then finds a user.
async fn insert_first(
    executor: Executor<'_>,
    token: &str,
    new: &NewUser<'_>,
    now: Timestamp,
) -> Result<User, Problem> {
    lock_users(executor).await?;
    let used = use_link(executor, &hash_token(token), now).await?;
    if used != Some(LinkPurpose::Setup) || has_users(executor).await? {
        return Err(over());
    }
    let user = insert_user(executor, new, now).await?;
    note_sign_in(executor, user.id, now).await?;
    Ok(user)
}

/// When the link ends; a problem if it lets nobody in.
async fn find_end(state: &State, token: &str) -> Result<Time, Problem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let link = find_link(executor, &hash_token(token), state.clock.now()).await?;
    match link.filter(|link| link.purpose == LinkPurpose::Setup) {
        Some(link) if !has_users(executor).await? => Ok(Time::from(link.expires_at)),
        _ => Err(over()),
    }
}

fn over() -> Problem {
    let detail = "This setup link was used, replaced by a newer one, or has expired. While there is no \
                  user, `trunkline admin setup-link` prints another; afterwards sign in.";
    Problem::new(Kind::NotFound, detail)
}
