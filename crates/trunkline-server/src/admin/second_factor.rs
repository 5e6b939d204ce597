//! The second step of signing in: the code of an authenticator app, or a recovery code.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use trunkline_store::Executor;
use trunkline_store::sessions::find_session;
use trunkline_store::users::{
    User, find_credentials, find_user, lock_user, totp_place, use_recovery_code, use_totp_step,
};

use super::form::{Errors, Form};
use super::sign_in::{Then, finish, note_failure};
use super::{Frame, Page, PageProblem};
use crate::State;
use crate::api::Query;
use crate::auth::{Guess, Visitor, find_totp_step, hash_recovery_code, local_path};
use crate::problem::Problem;

/// After the password; then it has to be given again.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    then: String,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    frame: Frame,
    then: String,
    errors: Errors,
}

/// The form; without the password before it, that comes first.
pub(crate) async fn show(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Query(Then { then }): Query<Then>,
) -> Result<Response, PageProblem> {
    let connection = state.store.connection().await?;
    let then = local_path(&then).to_owned();
    if find_waiting(connection.executor(), &state, &visitor).await?.is_none() {
        return Err(PageProblem::SignIn { then });
    }
    let page = SecondFactorPage { frame: visitor.frame, then, errors: Errors::default() };
    Ok(Page(page).into_response())
}

/// Signs in.
pub(crate) async fn check(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Form(form): Form<CodeForm>,
) -> Result<Response, PageProblem> {
    let now = state.clock.now();
    let then = local_path(&form.then).to_owned();
    let mut connection = state.store.connection().await?;
    let Some(user) = find_waiting(connection.executor(), &state, &visitor).await? else {
        return Err(PageProblem::SignIn { then });
    };
    let refuse = |status, message: String| {
        let (frame, errors) = (visitor.frame.clone(), Errors::one("code", message));
        Ok((status, Page(SecondFactorPage { frame, then: then.clone(), errors })).into_response())
    };
    let begun = Guess::begin(connection.executor(), &user.email, visitor.address, now).await?;
    let guess = match begun {
        Ok(guess) => guess,
        Err(pause) => {
            let refused = refuse(StatusCode::TOO_MANY_REQUESTS, pause.message());
            return refused.map(|response| pause.told_to_programs(response));
        }
    };
    if let Some(by) = use_code(connection.executor(), &state, &user, &form.code).await? {
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        lock_user(executor, user.id).await?;
        // A new password and an end of every session take this one away, and both lock the user.
        let Some(user) = find_waiting(executor, &state, &visitor).await? else {
            return Err(PageProblem::SignIn { then });
        };
        return Ok(finish(transaction, &state, &visitor, guess, &user, by, &then).await?);
    }
    note_failure(&connection, &state, &visitor, &guess, Some(user.id), "code").await?;
    let message = "This code is not right, or was used before. Wait for the next one.";
    refuse(StatusCode::UNPROCESSABLE_ENTITY, message.to_owned())
}

/// Whose password was right a short time ago.
async fn find_waiting(
    executor: Executor<'_>,
    state: &State,
    visitor: &Visitor,
) -> Result<Option<User>, Problem> {
    let now = state.clock.now();
    let Some(hash) = &visitor.token_hash else { return Ok(None) };
    let session = find_session(executor, hash, state.settings.session_limits, now).await?;
    let is_waiting = |begun| now.duration_since(begun) < PATIENCE;
    match session.filter(|found| found.awaits_second_factor && is_waiting(found.created_at)) {
        Some(session) => Ok(find_user(executor, session.user_id).await?),
        None => Ok(None),
    }
}

/// Uses a code up and says what kind it was; `None`: it is not right, or was used before.
async fn use_code(
    executor: Executor<'_>,
    state: &State,
    user: &User,
    typed: &str,
) -> Result<Option<&'static str>, Problem> {
    let code: String = typed.chars().filter(|character| !character.is_whitespace()).collect();
    if code.len() != 6 {
        let is_right = use_recovery_code(executor, user.id, &hash_recovery_code(&code)).await?;
        return Ok(is_right.then_some("recovery code"));
    }
    let credentials = find_credentials(executor, user.id).await?;
    let Some(sealed) = credentials.and_then(|credentials| credentials.totp_secret) else {
        return Ok(None);
    };
    let secret = state.keys.open(&totp_place(&user.id.to_string()), &sealed);
    let secret = secret.map_err(Problem::internal)?;
    let Some(step) = find_totp_step(&secret, &code, state.clock.now())? else { return Ok(None) };
    Ok(use_totp_step(executor, user.id, step).await?.then_some("code"))
}
