use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::provider_calls::CallState;

use super::page_of;
use super::show::page;
use crate::State;
use crate::admin::form::{Errors, Form};
use crate::admin::words::sentence;
use crate::admin::{Page, PageProblem, redirect_with_toast};
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;
use crate::providers::{read_note, resolve_call, settle_call};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settlement {
    state: String,
    note: String,
}

/// Asks the provider what became of a call.
pub(super) async fn resolve(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let Id(id) = id?;
    let call = resolve_call(&state, &administrator.actor(), id).await?;
    let toast = match call.state {
        CallState::Done => format!("{} did it", call.provider.name()),
        CallState::Failed => format!("{} did not do it", call.provider.name()),
        _ => format!("{} cannot tell", call.provider.name()),
    };
    Ok(redirect_with_toast(&page_of(id), &toast))
}

/// Writes down what somebody knows of a call.
pub(super) async fn settle(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
    Form(sent): Form<Settlement>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let Id(id) = id?;
    let mut errors = Errors::default();
    if !["done", "failed"].contains(&sent.state.as_str()) {
        errors.add("state", "Say what became of it.");
    }
    if let Err(wrong) = read_note(&sent.note) {
        errors.add("note", sentence(&wrong.message));
    }
    if !errors.is_empty() {
        let sent = (sent.state, sent.note, errors);
        let page = page(&administrator, &headers, &state, id, sent).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let as_done = sent.state == "done";
    settle_call(&state, &administrator.actor(), id, as_done, sent.note.trim()).await?;
    Ok(redirect_with_toast(&page_of(id), "The call is settled"))
}
