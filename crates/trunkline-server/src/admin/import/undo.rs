use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::import::{Policy, TaskKind};

use crate::State;
use crate::admin::form::Form;
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::auth::Administrator;
use crate::import::put_up_task;

/// What must be typed.
const WORD: &str = "undo";

#[derive(Template)]
#[template(path = "import/undo.html")]
struct UndoPage {
    frame: Frame,
    error: &'static str,
}

/// Asks first.
pub(super) async fn ask(
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    Ok(Page(UndoPage { frame: administrator.frame(&headers, Section::Import), error: "" }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Confirmed {
    confirm: String,
}

/// Puts the undoing up.
pub(super) async fn undo(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    if confirmed.confirm.trim() != WORD {
        let frame = administrator.frame(&headers, Section::Import);
        let page = Page(UndoPage { frame, error: "Type undo to confirm." });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let actor = administrator.actor();
    put_up_task(&state, &actor, TaskKind::Undo, None, Policy::Skip, false).await?;
    Ok(redirect_with_toast("/admin/import", "Undoing is put up"))
}
