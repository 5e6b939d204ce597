//! Partner accounts: one file for each operation. Viewers of the platform read, administrators change.

mod activate;
mod check;
mod create;
mod deactivate;
mod delete;
mod delete_logo;
mod edit;
mod get;
mod get_logo;
mod list;
mod make_default;
mod put_logo;
mod put_secret;

use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use trunkline_core::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::partner_accounts::{AccountDocument, Author, DefaultChange, LOGO_BODY};
use crate::{Problem, State};

/// Every operation on partner accounts.
pub(super) fn operations() -> OpenApiRouter<State> {
    let logo = OpenApiRouter::new()
        .routes(routes!(get_logo::get_logo, put_logo::put_logo, delete_logo::delete_logo))
        .layer(DefaultBodyLimit::max(LOGO_BODY));
    OpenApiRouter::new()
        .routes(routes!(list::list_partner_accounts, create::create_partner_account))
        .routes(routes!(
            get::get_partner_account,
            edit::edit_partner_account,
            delete::delete_partner_account
        ))
        .routes(routes!(put_secret::put_secret))
        .routes(routes!(activate::activate))
        .routes(routes!(deactivate::deactivate))
        .routes(routes!(make_default::make_default))
        .routes(routes!(check::check_partner_account))
        .merge(logo)
}

/// An account after a change of what is in use, and which one is the default now.
#[derive(Debug, Serialize, ToSchema)]
struct Change {
    /// The account.
    account: AccountDocument,
    #[serde(flatten)]
    default: DefaultChange,
}

/// Refuses unless the key may change partner accounts.
fn author(caller: &Caller) -> Result<Author, Problem> {
    caller.require_platform(Role::Admin)?;
    Ok(Author { actor: caller.actor(), role: caller.role })
}
