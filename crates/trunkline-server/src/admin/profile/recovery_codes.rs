use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::update_recovery_codes;

use super::super::form::{Errors, Form};
use super::super::{Frame, Page, PageProblem, Section};
use super::lock_self;
use super::present_password::{PresentPasswordPage, check_present_password};
use super::second_factor_off::PresentPasswordForm;
use crate::State;
use crate::auth::{Administrator, RecoveryCodes, Visitor};
use crate::problem::{Kind, Problem};

/// The codes, which are shown now and never again.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(super) struct RecoveryCodesPage {
    pub frame: Frame,
    pub heading: &'static str,
    pub codes: Vec<String>,
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
        heading: "New recovery codes?",
        text: "You get ten new ones; those that you have end.",
        target: "/admin/profile/recovery-codes",
        does: "Make new codes",
        look: "primary",
        errors,
    })
}

/// Replaces one's own recovery codes and shows them.
pub(super) async fn replace(
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
    let codes = RecoveryCodes::generate(&state.random);
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    if !lock_self(executor, &administrator).await?.has_second_factor {
        let detail = "the second factor is off, and recovery codes go with it; turn it on first";
        return Err(Problem::new(Kind::Conflict, detail).into());
    }
    update_recovery_codes(executor, session.user_id, &codes.hashes, now).await?;
    let act = Act::on_user("user.recovery_codes_replaced", session.user_id);
    insert_audit_entry(executor, &administrator.actor(), &act, now).await?;
    transaction.commit().await?;
    let frame = administrator.frame(&headers, Section::Profile);
    let (heading, codes) = ("New recovery codes", codes.shown);
    Ok(Page(RecoveryCodesPage { frame, heading, codes }).into_response())
}
