use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;
use trunkline_core::Role;

use crate::State;
use crate::admin::form::Form;
use crate::admin::{PageProblem, redirect_with_toast};
use crate::auth::Administrator;
use crate::problem::Problem;
use crate::syncs::request_sync;

#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    account: String,
    #[serde(default)]
    dry_run: String,
}

/// Asks for a sync, or a dry run, of a partner account; one that waits or runs already is shown instead.
pub(super) async fn request(
    administrator: Administrator,
    Extract(state): Extract<State>,
    Form(wish): Form<Wish>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let account = wish.account.parse().map_err(|_| Problem::not_found("partner account"))?;
    let is_dry = wish.dry_run == "true";
    let (run, is_new) = request_sync(&state, &administrator.actor(), account, is_dry).await?;
    let name = run.account_name();
    let toast = match (is_new, run.paused_until) {
        (_, Some(_)) => {
            format!("It waits: {} does not answer at the moment", run.provider.name())
        }
        (false, None) => format!("One of {name} is under way already"),
        (true, None) => format!("{name} is being compared"),
    };
    Ok(redirect_with_toast(&format!("/admin/syncs/{}", run.id), &toast))
}
