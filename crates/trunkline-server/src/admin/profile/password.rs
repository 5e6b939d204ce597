use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use trunkline_core::secrets::Secret;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::{LinkPurpose, delete_links};
use trunkline_store::sessions::delete_sessions;
use trunkline_store::users::update_password;

use super::super::form::{Errors, Form};
use super::super::{Frame, Page, PageProblem, Section, redirect_with_toast};
use super::lock_self;
use super::present_password::check_present_password;
use crate::State;
use crate::auth::{
    ADVICE, Administrator, Visitor, hash_password, refuse_password, set_session_cookie,
};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    errors: Errors,
    advice: &'static str,
}

/// The form.
pub(super) async fn show(administrator: Administrator, headers: HeaderMap) -> Response {
    let frame = administrator.frame(&headers, Section::Profile);
    Page(PasswordPage { frame, errors: Errors::default(), advice: ADVICE }).into_response()
}

/// Changes one's own password: every session ends, and this browser gets a new one.
pub(super) async fn change(
    Extract(state): Extract<State>,
    administrator: Administrator,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, PageProblem> {
    let session = &administrator.session;
    let mut errors = Errors::default();
    if let Some(message) = refuse_password(&form.password, &session.email) {
        errors.add("password", message);
    } else {
        let checked = check_present_password(&state, &visitor, &administrator, form.current).await;
        if let Some(message) = checked? {
            errors.add("current", message);
        }
    }
    if !errors.is_empty() {
        let frame = administrator.frame(&headers, Section::Profile);
        let page = Page(PasswordPage { frame, errors, advice: ADVICE });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let hash = hash_password(Secret::new(form.password), &state.random).await?;

    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    lock_self(executor, &administrator).await?;
    update_password(executor, session.user_id, &hash, now).await?;
    delete_links(executor, LinkPurpose::Password(session.user_id)).await?;
    let ended = delete_sessions(executor, session.user_id, Some(session.id)).await?;
    let token = visitor.begin_session(executor, &state, session.user_id, false).await?;
    let act = Act {
        after: Some(json!({ "by": "present password", "sessions_ended": ended })),
        ..Act::on_user("user.password_changed", session.user_id)
    };
    insert_audit_entry(executor, &administrator.actor(), &act, now).await?;
    transaction.commit().await?;
    let toast = "Password changed. Every other session has ended.";
    let mut response = redirect_with_toast("/admin/profile", toast);
    set_session_cookie(&mut response, &state.settings, Some(&token));
    Ok(response)
}
