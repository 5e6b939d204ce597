//! Partner accounts: viewers look at them, administrators change them, owners say where their APIs are.

mod actions;
mod add;
mod confirm;
mod edit;
mod fields;
mod list;
mod logo;
mod preview;
mod profile;
mod show;
mod token;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use trunkline_core::Role;
use trunkline_store::partner_accounts::find_partner_account;

use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, Author, LOGO_BODY};
use crate::{Problem, State};

/// Where the pages are.
const LIST: &str = "/admin/partner-accounts";

/// Every page of partner accounts.
pub(super) fn router() -> Router<State> {
    let logo = post(logo::upload).layer(DefaultBodyLimit::max(LOGO_BODY));
    let account = Router::new()
        .route("/", get(show::show))
        .route("/edit", get(edit::show).post(edit::edit))
        .route("/profile", get(profile::show).post(profile::edit))
        .route("/profile/preview", post(profile::preview))
        .route("/logo", logo.get(logo::serve))
        .route("/logo/remove", post(logo::remove))
        .route("/activate", post(actions::activate))
        .route("/default", post(actions::make_default))
        .route("/check", post(actions::check))
        .route("/deactivate", get(confirm::deactivate).post(actions::deactivate))
        .route("/delete", get(confirm::delete).post(actions::delete))
        .route("/verify-token", get(confirm::generate).post(token::generate));
    Router::new()
        .route("/partner-accounts", get(list::show))
        .route("/partner-accounts/new", get(add::show).post(add::add))
        .route("/partner-accounts/colors.css", get(preview::colors))
        .nest("/partner-accounts/{id}", account)
}

/// Refuses unless the user may change partner accounts.
fn author(administrator: &Administrator) -> Result<Author, Problem> {
    administrator.require(Role::Admin)?;
    Ok(Author { actor: administrator.actor(), role: administrator.session.role })
}

/// The account with this id.
async fn load(state: &State, id: i32) -> Result<AccountDocument, Problem> {
    let connection = state.store.connection().await?;
    let found = find_partner_account(connection.executor(), id).await?;
    let account = found.ok_or_else(|| Problem::not_found("partner account"))?;
    Ok(AccountDocument::new(state, &account))
}

/// The page of an account.
pub(in crate::admin) fn page_of(id: i32) -> String {
    format!("{LIST}/{id}")
}
