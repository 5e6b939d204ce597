use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{author, page_of};
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::auth::Administrator;
use crate::partner_accounts::{AccountId, replace_secret};
use crate::{Problem, State};

#[derive(Template)]
#[template(path = "partner_account_token.html")]
struct TokenPage {
    frame: Frame,
    title: String,
    token: String,
    url: String,
    back: String,
}

/// Stores a new verify token and shows it, this once, to be entered at the provider.
pub(super) async fn generate(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let (author, AccountId(id)) = (author(&administrator)?, id?);
    let token = state.random.token();
    let (name, value) = ("webhook_verify_token", token.clone().into());
    let account = replace_secret(&state, &author, id, name, value, |_| Ok(())).await?;
    let page = TokenPage {
        frame: administrator.frame(&headers, Section::PartnerAccounts),
        title: account.title(),
        token,
        url: account.webhooks.first().map(|webhook| webhook.url.clone()).unwrap_or_default(),
        back: page_of(id),
    };
    Ok(Page(page).into_response())
}
