use askama::Template;
use trunkline_core::secrets::Secret;
use trunkline_store::users::find_credentials;

use super::super::Frame;
use super::super::form::Errors;
use super::super::sign_in::note_failure;
use crate::State;
use crate::auth::{Administrator, Guess, Visitor, verify_password};
use crate::problem::Problem;

/// Asks for the present password before something is done.
#[derive(Template)]
#[template(path = "present_password.html")]
pub(super) struct PresentPasswordPage {
    pub frame: Frame,
    pub heading: &'static str,
    pub text: &'static str,
    pub target: &'static str,
    pub does: &'static str,
    pub look: &'static str,
    pub errors: Errors,
}

/// Looks whether whoever sits there knows the password, as often as at sign-in; what the form is to
/// say if not.
pub(super) async fn check_present_password(
    state: &State,
    visitor: &Visitor,
    administrator: &Administrator,
    password: String,
) -> Result<Option<String>, Problem> {
    let session = &administrator.session;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let now = state.clock.now();
    let guess = match Guess::begin(executor, &session.email, visitor.address, now).await? {
        Ok(guess) => guess,
        Err(pause) => return Ok(Some(pause.message())),
    };
    let credentials = find_credentials(executor, session.user_id).await?;
    // Others need it while this one waits for the hash.
    drop(connection);
    let hash = credentials.and_then(|credentials| credentials.password_hash);
    let is_right = verify_password(Secret::new(password), hash).await?;
    let connection = state.store.connection().await?;
    if is_right {
        guess.was_right(connection.executor()).await?;
        return Ok(None);
    }
    let user = Some(session.user_id);
    note_failure(&connection, state, visitor, &guess, user, "present password").await?;
    Ok(Some("This is not your present password.".to_owned()))
}
