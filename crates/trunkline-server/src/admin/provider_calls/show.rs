use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::Role;
use trunkline_store::provider_calls::find_call;

use super::{CallRow, page_of};
use crate::State;
use crate::admin::form::Errors;
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "provider_calls/show.html")]
pub(super) struct CallPage {
    frame: Frame,
    asked: CallRow,
    name: String,
    outcome: String,
    here: String,
    may_act: bool,
    state: String,
    note: String,
    errors: Errors,
}

const ENDS: [(&str, &str, &str); 2] =
    [("done", "The provider did it", ""), ("failed", "It did not", "The same may be asked again.")];

/// One call, and what can be done to know its end.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Id(id) = id?;
    let sent = (String::new(), String::new(), Errors::default());
    Ok(Page(page(&administrator, &headers, &state, id, sent).await?))
}

/// The page with what was sent: state, note, and what is wrong with them.
pub(super) async fn page(
    administrator: &Administrator,
    headers: &HeaderMap,
    state: &State,
    id: i64,
    (ended, note, errors): (String, String, Errors),
) -> Result<CallPage, Problem> {
    let connection = state.store.connection().await?;
    let found = find_call(connection.executor(), id).await?;
    let call = found.ok_or_else(|| Problem::not_found("call"))?;
    let outcome = call.outcome.as_ref().map(|outcome| format!("{outcome:#}"));
    Ok(CallPage {
        frame: administrator.frame(headers, Section::Providers),
        name: call.call.clone(),
        outcome: outcome.unwrap_or_default(),
        here: page_of(id),
        may_act: call.state.is_open() && administrator.require(Role::Operator).is_ok(),
        asked: call.into(),
        state: ended,
        note,
        errors,
    })
}
