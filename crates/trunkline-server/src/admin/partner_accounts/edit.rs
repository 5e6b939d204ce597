use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::fields::{FieldView, Given, errors, label_of, views};
use super::{author, load, page_of};
use crate::admin::form::Form;
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::api::version;
use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, AccountId, Author, edit as edit_account};
use crate::problem::Kind;
use crate::{Problem, State};

#[derive(Template)]
#[template(path = "partner_account_edit.html")]
struct EditPage {
    frame: Frame,
    title: String,
    provider: &'static str,
    fields: Vec<FieldView>,
    errors: Vec<(String, String)>,
    message: String,
    version: String,
    back: String,
}

/// The form.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let account = load(&state, id?.0).await?;
    let frame = administrator.frame(&headers, Section::PartnerAccounts);
    Ok(Page(page(frame, &author, &account, None, None)).into_response())
}

/// Edits the account, unless somebody else did since the form was opened.
pub(super) async fn edit(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let AccountId(id) = id?;
    let given = Given::new(pairs);
    let account = load(&state, id).await?;
    let body = given.body(account.provider, false);
    let check = |current: &AccountDocument| require_version(current, &given);
    match edit_account(&state, &author, id, body, check).await {
        Ok(account) => {
            Ok(redirect_with_toast(&page_of(id), &format!("{} saved.", account.title())))
        }
        Err(problem) if problem.kind == Kind::Stale || !problem.fields.is_empty() => {
            let frame = administrator.frame(&headers, Section::PartnerAccounts);
            let page = page(frame, &author, &account, Some(&given), Some(&problem));
            Ok((problem.status(), Page(page)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Refuses a form that was opened on another version.
pub(super) fn require_version(current: &AccountDocument, given: &Given) -> Result<(), Problem> {
    if given.get("version") == version(current) {
        return Ok(());
    }
    let detail = "Somebody changed this account since you opened it. What you typed is kept below; look at \
                  what stands there now, then save again to put yours in its place.";
    Err(Problem::new(Kind::Stale, detail))
}

fn page(
    frame: Frame,
    author: &Author,
    account: &AccountDocument,
    given: Option<&Given>,
    problem: Option<&Problem>,
) -> EditPage {
    let stale = problem.filter(|problem| problem.kind == Kind::Stale);
    EditPage {
        frame,
        title: account.title(),
        provider: account.provider.name(),
        fields: views(account.provider, author.role, Some(account), given, problem),
        errors: errors(problem, label_of(account.provider)),
        message: stale.map(|problem| problem.detail.clone()).unwrap_or_default(),
        version: version(account),
        back: page_of(account.id),
    }
}
