use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::delete_second_factor;

use super::super::form::{Errors, Form};
use super::super::{Page, PageProblem, Section, redirect_with_toast};
use super::lock_self;
use super::present_password::{PresentPasswordPage, check_present_password};
use crate::State;
use crate::auth::{Administrator, Visitor};

/// What this form and the one for new recovery codes send.
#[derive(Deserialize)]
pub(super) struct PresentPasswordForm {
    #[serde(default)]
    pub(super) password: String,
}

/// Asks for the password.
pub(super) async fn show(administrator: Administrator, headers: HeaderMap) -> Response {
    page(&administrator, &headers, Errors::default()).into_response()
}

fn page(
    administrator: &Administrator,
    headers: &HeaderMap,
    errors: Errors,
) -> Page<PresentPasswordPage> {
    Page(PresentPasswordPage {
        frame: administrator.frame(headers, Section::Profile),
        heading: "Turn the second factor off?",
        text: "The password alone lets you in then. The recovery codes end, and the entry in your app is \
               of no more use.",
        target: "/admin/profile/second-factor/off",
        does: "Turn it off",
        look: "danger",
        errors,
    })
}

/// Turns one's own second factor off.
pub(super) async fn turn_off(
    Extract(state): Extract<State>,
    administrator: Administrator,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<PresentPasswordForm>,
) -> Result<Response, PageProblem> {
    let checked = check_present_password(&state, &visitor, &administrator, form.password).await?;
    if let Some(message) = checked {
        let page = page(&administrator, &headers, Errors::one("password", message));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (session, now) = (&administrator.session, state.clock.now());
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    lock_self(executor, &administrator).await?;
    delete_second_factor(executor, session.user_id, now).await?;
    let act = Act::on_user("user.totp_disabled", session.user_id);
    insert_audit_entry(executor, &administrator.actor(), &act, now).await?;
    transaction.commit().await?;
    Ok(redirect_with_toast("/admin/profile", "The second factor is off"))
}
