use axum::Json;
use axum::extract::State as Extract;

use super::{Change, author};
use crate::auth::Caller;
use crate::partner_accounts::{self, AccountId};
use crate::{Problem, State};

/// Take a partner account into use; it becomes the default if its provider has none.
#[utoipa::path(
    post,
    path = "/api/v1/partner-accounts/{id}/activate",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account, and which one is the default now", body = Change),
    ),
)]
pub(super) async fn activate(
    caller: Caller,
    AccountId(id): AccountId,
    Extract(state): Extract<State>,
) -> Result<Json<Change>, Problem> {
    let author = author(&caller)?;
    let (account, default) = partner_accounts::activate(&state, &author, id).await?;
    Ok(Json(Change { account, default }))
}
