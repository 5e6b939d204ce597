use axum::Json;
use axum::extract::State as Extract;

use super::{Change, author};
use crate::auth::Caller;
use crate::partner_accounts::{self, AccountId};
use crate::problem::ProblemDocument;
use crate::{Problem, State};

/// Make a partner account the one that new companies are onboarded with.
#[utoipa::path(
    post,
    path = "/api/v1/partner-accounts/{id}/default",
    tag = "Partner accounts",
    params(("id" = i32, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account, and which one is the default now", body = Change),
        (status = 409, description = "The account is not in use", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn make_default(
    caller: Caller,
    AccountId(id): AccountId,
    Extract(state): Extract<State>,
) -> Result<Json<Change>, Problem> {
    let author = author(&caller)?;
    let (account, default) = partner_accounts::make_default(&state, &author, id).await?;
    Ok(Json(Change { account, default }))
}
