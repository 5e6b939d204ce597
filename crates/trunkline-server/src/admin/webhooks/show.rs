use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::webhooks::{Webhook, find_webhook};

use super::list::{SOURCES, STATES, called};
use super::{Frame, Page, PageProblem, Section, Time, redirect_with_toast, tone};
use crate::State;
use crate::api::Id;
use crate::api::webhooks::replay_one;
use crate::auth::Administrator;
use crate::problem::Problem;
use crate::webhooks::masked;

#[derive(Template)]
#[template(path = "webhooks/show.html")]
struct ShowPage {
    frame: Frame,
    title: String,
    webhook: Webhook,
    came: Time,
    due: Option<Time>,
    state: &'static str,
    tone: &'static str,
    source: &'static str,
    failed: String,
    body: String,
    is_masked: bool,
    may_replay: bool,
}

/// A webhook with its body, in which administrators read everything, and others no texts.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Id(id) = id?;
    let connection = state.store.connection().await?;
    let found = find_webhook(connection.executor(), id).await?;
    let (webhook, body) = found.ok_or_else(|| Problem::not_found("webhook"))?;
    let is_masked = administrator.session.role < Role::Admin;
    let body = if is_masked {
        masked(webhook.source, &body)
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    Ok(Page(ShowPage {
        frame: administrator.frame(&headers, Section::Webhooks),
        came: webhook.received_at.into(),
        due: webhook.due_at.map(Into::into),
        state: called(&STATES, webhook.state.as_str()),
        tone: tone(webhook.state),
        source: called(&SOURCES, webhook.source.as_str()),
        title: format!("Webhook {id}"),
        failed: webhook
            .error
            .as_ref()
            .map(|error| format!("{} attempts: {error}", webhook.attempts))
            .unwrap_or_default(),
        may_replay: administrator.session.role >= Role::Operator,
        webhook,
        body,
        is_masked,
    }))
}

/// Has it worked on again.
pub(super) async fn replay(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let Id(id) = id?;
    replay_one(&state, &administrator.actor(), id).await?;
    Ok(redirect_with_toast(&format!("/admin/webhooks/{id}"), "It is worked on again"))
}
