use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;

use super::confirm::delete_again;
use super::fields::Given;
use super::{LIST, author, load, page_of};
use crate::admin::form::Form;
use crate::admin::{PageProblem, Section, redirect_with_toast};
use crate::auth::Administrator;
use crate::partner_accounts::{self, AccountId};
use crate::{Problem, State};

/// Takes the account into use.
pub(super) async fn activate(
    administrator: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let (account, default) = partner_accounts::activate(&state, &author, id).await?;
    let toast = format!("{} is in use. {}", account.title(), default.note);
    Ok(redirect_with_toast(&page_of(id), &toast))
}

/// Takes the account out of use.
pub(super) async fn deactivate(
    administrator: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let (account, default) = partner_accounts::deactivate(&state, &author, id).await?;
    let toast = format!("{} is out of use. {}", account.title(), default.note);
    Ok(redirect_with_toast(&page_of(id), &toast))
}

/// Makes the account the default of its provider.
pub(super) async fn make_default(
    administrator: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let (_, default) = partner_accounts::make_default(&state, &author, id).await?;
    Ok(redirect_with_toast(&page_of(id), &default.note))
}

/// Asks the provider whether the account works.
pub(super) async fn check(
    administrator: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let account = partner_accounts::check(&state, &author, id).await?;
    let level = account.check.as_ref().map_or("ok", |check| check.level.as_str());
    let (_, text) = super::show::outcome(level);
    let toast = format!("{} was asked: {}.", account.provider.name(), text.to_lowercase());
    Ok(redirect_with_toast(&format!("{}#check", page_of(id)), &toast))
}

/// Deletes the account, if its id was typed.
pub(super) async fn delete(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let account = load(&state, id).await?;
    if Given::new(pairs).get("confirm") != account.partner_id() {
        let frame = administrator.frame(&headers, Section::PartnerAccounts);
        return Ok(delete_again(frame, &account));
    }
    let default = partner_accounts::delete(&state, &author, id, |_| Ok(())).await?;
    Ok(redirect_with_toast(LIST, &format!("The account is deleted. {}", default.note)))
}
