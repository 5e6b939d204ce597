//! Signing in: address and password, then the code of the second factor where there is one.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::secrets::Secret;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::{
    Credentials, User, find_credentials_of, has_users, lock_credentials, note_sign_in,
};
use trunkline_store::{Connection, StoreError, Transaction};

use super::form::{Errors, Form};
use super::page::redirect;
use super::{Frame, Page, PageProblem};
use crate::State;
use crate::api::Query;
use crate::auth::{Administrator, Guess, Visitor, local_path, set_session_cookie, verify_password};
use crate::people::parse_email;
use crate::problem::{Kind, Problem};

/// The same for an address that nobody has, a wrong password, and somebody deactivated.
const REFUSED: &str = "This e-mail address and password do not belong together.";

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Then {
    #[serde(default)]
    pub(super) then: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    then: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    email: String,
    then: String,
    errors: Errors,
    is_set_up: bool,
    has_password: bool,
    /// What people call the issuer, if there is one.
    issuer: Option<String>,
    begin: String,
    password_look: &'static str,
}

impl SignInPage {
    fn new(state: &State, frame: Frame, then: String) -> Self {
        let issuer = state.oidc.as_ref().map(|oidc| oidc.label.clone());
        let begin: String = form_urlencoded::byte_serialize(then.as_bytes()).collect();
        Self {
            frame,
            email: String::new(),
            then,
            begin: format!("/admin/sign-in/oidc?then={begin}"),
            errors: Errors::default(),
            is_set_up: true,
            has_password: state.settings.password_sign_in,
            // One button of a page stands out.
            password_look: if issuer.is_some() { "" } else { "primary" },
            issuer,
        }
    }
}

/// The form; whoever is signed in is sent on.
pub(crate) async fn show(
    Extract(state): Extract<State>,
    administrator: Option<Administrator>,
    visitor: Visitor,
    Query(Then { then }): Query<Then>,
) -> Result<Response, PageProblem> {
    if administrator.is_some() {
        return Ok(redirect("/admin"));
    }
    let connection = state.store.connection().await?;
    let is_set_up = has_users(connection.executor()).await?;
    let then = local_path(&then).to_owned();
    let page = SignInPage { is_set_up, ..SignInPage::new(&state, visitor.frame, then) };
    Ok(Page(page).into_response())
}

/// Signs in, or asks for the second factor.
pub(crate) async fn sign_in(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Form(form): Form<SignInForm>,
) -> Result<Response, PageProblem> {
    let now = state.clock.now();
    let then = local_path(&form.then).to_owned();
    let refuse = |status, message: String| {
        let (frame, email) = (visitor.frame.clone(), form.email.clone());
        let errors = Errors::one("password", message);
        let page = SignInPage { email, errors, ..SignInPage::new(&state, frame, then.clone()) };
        Ok((status, Page(page)).into_response())
    };
    if !state.settings.password_sign_in {
        let detail =
            "nobody signs in with a password here; use the other way on the page to sign in";
        return Err(Problem::new(Kind::Forbidden, detail).into());
    }
    let Ok(email) = parse_email(&form.email) else {
        let message = "Write your e-mail address, as ada@example.com.".to_owned();
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, message);
    };

    let connection = state.store.connection().await?;
    let begun = Guess::begin(connection.executor(), &email, visitor.address, now).await?;
    let guess = match begun {
        Ok(guess) => guess,
        Err(pause) => {
            let refused = refuse(StatusCode::TOO_MANY_REQUESTS, pause.message());
            return refused.map(|response| pause.told_to_programs(response));
        }
    };
    let found = find_credentials_of(connection.executor(), &email).await?;
    // Others need it while this one waits for the hash.
    drop(connection);
    let (user, credentials) = found.unzip();
    let hash = credentials.and_then(|credentials| credentials.password_hash);
    let password = Secret::new(form.password.clone());
    let is_right = verify_password(password, hash.clone()).await?;

    let mut connection = state.store.connection().await?;
    let user = user.map(|user| user.id);
    if let Some(id) = user.filter(|_| is_right) {
        let transaction = connection.begin().await?;
        // The hash took a while, in which the password may have been replaced.
        let locked = lock_credentials(transaction.executor(), id).await?;
        let is_same =
            |(user, now): &(User, Credentials)| user.is_active && now.password_hash == hash;
        if let Some((user, _)) = locked.filter(is_same) {
            return Ok(go_on(transaction, &state, &visitor, guess, &user, &then).await?);
        }
    }
    note_failure(&connection, &state, &visitor, &guess, user, "password").await?;
    refuse(StatusCode::UNPROCESSABLE_ENTITY, REFUSED.to_owned())
}

/// The password was right, and is so until the transaction, which has locked the user, ends.
async fn go_on(
    transaction: Transaction<'_>,
    state: &State,
    visitor: &Visitor,
    guess: Guess,
    user: &User,
    then: &str,
) -> Result<Response, StoreError> {
    if !user.has_second_factor {
        return finish(transaction, state, visitor, guess, user, "password", then).await;
    }
    let executor = transaction.executor();
    guess.was_right(executor).await?;
    let token = visitor.begin_session(executor, state, user.id, true).await?;
    transaction.commit().await?;
    let then: String = form_urlencoded::byte_serialize(then.as_bytes()).collect();
    let mut response = redirect(&format!("/admin/sign-in/code?then={then}"));
    set_session_cookie(&mut response, &state.settings, Some(&token));
    Ok(response)
}

/// All that was asked for was right: a session with a new token, and on to where it was wanted. The
/// transaction has locked the user.
pub(super) async fn finish(
    transaction: Transaction<'_>,
    state: &State,
    visitor: &Visitor,
    guess: Guess,
    user: &User,
    by: &str,
    then: &str,
) -> Result<Response, StoreError> {
    let now = state.clock.now();
    let executor = transaction.executor();
    guess.was_all(executor, now).await?;
    let token = visitor.begin_session(executor, state, user.id, false).await?;
    note_sign_in(executor, user.id, now).await?;
    let act = Act {
        after: Some(serde_json::json!({ "by": by })),
        ..Act::on_user("user.signed_in", user.id)
    };
    insert_audit_entry(executor, &visitor.as_user(user), &act, now).await?;
    transaction.commit().await?;
    let mut response = redirect(then);
    set_session_cookie(&mut response, &state.settings, Some(&token));
    Ok(response)
}

/// Tells the audit log of an attempt that was wrong, but not of each one of many. What was typed does
/// not stand there: it may be a password in the wrong field.
pub(super) async fn note_failure(
    connection: &Connection,
    state: &State,
    visitor: &Visitor,
    guess: &Guess,
    user: Option<i32>,
    by: &str,
) -> Result<(), Problem> {
    if !guess.is_notable {
        return Ok(());
    }
    let act = Act {
        action: "user.sign_in_failed",
        object_kind: "user",
        object_id: user.map_or_else(|| "unknown".to_owned(), |id| id.to_string()),
        after: Some(serde_json::json!({ "by": by })),
        ..Act::default()
    };
    let (executor, now) = (connection.executor(), state.clock.now());
    Ok(insert_audit_entry(executor, &visitor.unknown(), &act, now).await?)
}
