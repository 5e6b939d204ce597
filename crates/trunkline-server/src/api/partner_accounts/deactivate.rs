use axum::Json;
use axum::extract::State as Extract;

use super::{Change, author};
use crate::auth::Caller;
use crate::partner_accounts::{self, AccountId};
use crate::{Problem, State};

/// Take a partner account out of use: nothing is called with it and nobody onboarded; its webhooks are still
/// verified and stored. If it was the default, the oldest other account in use becomes it, or none.
#[utoipa::path(
    post,
    path = "/api/v1/partner-accounts/{id}/deactivate",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account, and which one is the default now", body = Change),
    ),
)]
pub(super) async fn deactivate(
    caller: Caller,
    AccountId(id): AccountId,
    Extract(state): Extract<State>,
) -> Result<Json<Change>, Problem> {
    let author = author(&caller)?;
    let (account, default) = partner_accounts::deactivate(&state, &author, id).await?;
    Ok(Json(Change { account, default }))
}
