use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::api_keys::{find_api_key_by_id, find_api_key_for_update};

use super::Row;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::api::Id;
use crate::api::api_keys::revoke_key;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "api_keys/revoke.html")]
struct RevokePage {
    frame: Frame,
    key: Row,
    title: String,
    action: String,
}

/// Asks first.
pub(super) async fn ask(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let connection = state.store.connection().await?;
    let key = find_api_key_by_id(connection.executor(), id, None).await?;
    let key = Row::new(key.ok_or_else(|| Problem::not_found("API key"))?, state.clock.now());
    Ok(Page(RevokePage {
        frame: administrator.frame(&headers, Section::ApiKeys),
        title: format!("Revoke “{}”?", key.name),
        action: format!("/admin/api-keys/{id}/revoke"),
        key,
    }))
}

/// Revokes it.
pub(super) async fn revoke(
    administrator: Administrator,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let key = find_api_key_for_update(transaction.executor(), id, None).await?;
    let key = key.ok_or_else(|| Problem::not_found("API key"))?;
    revoke_key(&state, &administrator.actor(), transaction, &key).await?;
    Ok(redirect_with_toast("/admin/api-keys", &format!("“{}” is revoked", key.name)))
}
