use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use trunkline_core::Role;
use trunkline_store::webhooks::find_webhook;
use utoipa::ToSchema;

use super::Webhook;
use crate::State;
use crate::api::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::webhooks::masked;

/// A webhook with its body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// What came, as text.
    body: String,
    /// Whether texts, names and secrets in it are masked.
    is_masked: bool,
}

/// Show one webhook
///
/// With its body, in which a key of an administrator reads everything, and every other key no texts, names or secrets. It takes a key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}",
    tag = "Webhooks",
    params(("id" = i64, Path, description = "Its id")),
    responses((status = 200, description = "The webhook", body = WholeWebhook)),
)]
pub(super) async fn get_webhook(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<i64>,
) -> Result<Json<WholeWebhook>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_webhook(connection.executor(), id).await?;
    let (webhook, body) = found.ok_or_else(|| Problem::not_found("webhook"))?;
    let is_masked = caller.role < Role::Admin;
    let body = if is_masked {
        masked(webhook.source, &body)
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    Ok(Json(WholeWebhook { webhook: webhook.into(), body, is_masked }))
}
