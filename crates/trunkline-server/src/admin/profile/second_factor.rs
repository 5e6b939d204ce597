//! Turning the second factor on: a new key is shown, and a code of it proves that the app has it.
//!
//! Until then the key stands in the page alone, sealed for this user's row, and comes back with the
//! form, so that nothing of it has to be kept.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::secrets::Secret;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::sessions::delete_sessions;
use trunkline_store::users::{totp_place, update_second_factor};

use super::super::form::{Errors, Form};
use super::super::page::redirect;
use super::super::{Frame, Page, PageProblem, Section};
use super::present_password::check_present_password;
use super::recovery_codes::RecoveryCodesPage;
use super::{find_self, lock_self};
use crate::State;
use crate::auth::{
    Administrator, RecoveryCodes, Visitor, find_totp_step, new_totp_secret, totp_qr_code,
    totp_secret_in_groups,
};
use crate::problem::{Kind, Problem};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct SecondFactorForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "second_factor_on.html")]
struct SecondFactorPage {
    frame: Frame,
    errors: Errors,
    sealed: String,
    typed: String,
    qr: String,
}

/// A new key, and the form.
pub(super) async fn show(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    let connection = state.store.connection().await?;
    if find_self(connection.executor(), &administrator).await?.has_second_factor {
        return Ok(redirect("/admin/profile"));
    }
    let secret = new_totp_secret(&state.random);
    let row = administrator.session.user_id.to_string();
    let sealed = state.keys.seal(&totp_place(&row), &secret, &mut state.random.clone());
    let page = page(&administrator, &headers, &secret, sealed, Errors::default())?;
    Ok(page.into_response())
}

fn page(
    administrator: &Administrator,
    headers: &HeaderMap,
    secret: &Secret,
    sealed: String,
    errors: Errors,
) -> Result<Page<SecondFactorPage>, Problem> {
    let qr = totp_qr_code(secret, &administrator.session.email)?;
    let typed = totp_secret_in_groups(secret);
    let frame = administrator.frame(headers, Section::Profile);
    Ok(Page(SecondFactorPage { frame, errors, sealed, typed, qr }))
}

/// Turns it on, ends the other sessions, and shows the recovery codes.
pub(super) async fn turn_on(
    Extract(state): Extract<State>,
    administrator: Administrator,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<SecondFactorForm>,
) -> Result<Response, PageProblem> {
    let row = administrator.session.user_id.to_string();
    let Ok(secret) = state.keys.open(&totp_place(&row), &form.key) else {
        let detail = "the key is not one of this page; open the page again";
        return Err(Problem::new(Kind::Malformed, detail).into());
    };
    let mut errors = Errors::default();
    let checked = check_present_password(&state, &visitor, &administrator, form.password).await?;
    if let Some(message) = checked {
        errors.add("password", message);
    }
    let code: String = form.code.split_whitespace().collect();
    match find_totp_step(&secret, &code, state.clock.now())? {
        Some(step) if errors.is_empty() => {
            let codes = write(&state, &administrator, &secret, step).await?;
            let frame = administrator.frame(&headers, Section::Profile);
            let heading = "The second factor is on";
            return Ok(Page(RecoveryCodesPage { frame, heading, codes }).into_response());
        }
        Some(_) => {}
        None => {
            let message =
                "This is not the code that belongs to the key now. Is the phone's time right?";
            errors.add("code", message);
        }
    }
    let page = page(&administrator, &headers, &secret, form.key, errors)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn write(
    state: &State,
    administrator: &Administrator,
    secret: &Secret,
    step: i64,
) -> Result<Vec<String>, PageProblem> {
    let (session, now) = (&administrator.session, state.clock.now());
    let codes = RecoveryCodes::generate(&state.random);
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    if lock_self(executor, administrator).await?.has_second_factor {
        return Err(Problem::new(Kind::Conflict, "the second factor is on already").into());
    }
    // The page may be older than the key that is active now, and a rotation does not see it.
    let row = session.user_id.to_string();
    let sealed = state.keys.seal(&totp_place(&row), secret, &mut state.random.clone());
    update_second_factor(executor, session.user_id, &sealed, step, &codes.hashes, now).await?;
    delete_sessions(executor, session.user_id, Some(session.id)).await?;
    let act = Act::on_user("user.totp_enabled", session.user_id);
    insert_audit_entry(executor, &administrator.actor(), &act, now).await?;
    transaction.commit().await?;
    Ok(codes.shown)
}
