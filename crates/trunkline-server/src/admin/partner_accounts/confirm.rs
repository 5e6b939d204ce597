use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{author, load, page_of};
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, AccountId};
use crate::{Problem, State};

#[derive(Template)]
#[template(path = "partner_account_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    question: String,
    what: Vec<String>,
    action: String,
    verb: &'static str,
    kind: &'static str,
    word: String,
    error: &'static str,
    back: String,
}

/// Asks before an account is taken out of use.
pub(super) async fn deactivate(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    ask(administrator, &headers, &state, id?.0, |account| {
        let mut what = vec![
            "Nobody is onboarded with it and nothing is called with it. Its webhooks are still verified and \
             stored, and it can be taken into use again."
                .to_owned(),
        ];
        if account.is_default {
            what.push(format!(
                "It is the default of {}; the oldest other account in use becomes it.",
                account.provider.name()
            ));
        }
        (format!("Deactivate {}?", account.title()), what, "deactivate", "Deactivate", String::new())
    })
    .await
}

/// Asks before an account is deleted.
pub(super) async fn delete(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    ask(administrator, &headers, &state, id?.0, deletion).await
}

/// Asks again when the word was not typed.
pub(super) fn delete_again(frame: Frame, account: &AccountDocument) -> Response {
    let error = "This is not what stands above.";
    let page = ConfirmPage { error, ..page(frame, account, deletion) };
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

fn deletion(account: &AccountDocument) -> Question {
    let what = vec![
        "Its credentials are deleted with it, and its webhook URLs answer no more. This cannot be undone."
            .to_owned(),
        format!(
            "It is refused while companies have clients at {} that this account serves.",
            account.provider.name()
        ),
    ];
    let word = account.partner_id().to_owned();
    (format!("Delete {}?", account.title()), what, "delete", "Delete", word)
}

/// Asks before a verify token is replaced by a new one.
pub(super) async fn generate(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    ask(administrator, &headers, &state, id?.0, |_| {
        let what = vec![
            "A new verify token is stored and shown to you once, to be entered in the App Dashboard. Meta \
             verifies the webhook URL with the present one no more."
                .to_owned(),
        ];
        let question = "Generate a new verify token?".to_owned();
        (question, what, "verify-token", "Generate", String::new())
    })
    .await
}

/// The question, what will happen, the last part of the action's path, its verb, and a word to type.
type Question = (String, Vec<String>, &'static str, &'static str, String);

async fn ask(
    administrator: Administrator,
    headers: &HeaderMap,
    state: &State,
    id: i32,
    question: impl FnOnce(&AccountDocument) -> Question,
) -> Result<Response, PageProblem> {
    author(&administrator)?;
    let account = load(state, id).await?;
    let frame = administrator.frame(headers, Section::PartnerAccounts);
    Ok(Page(page(frame, &account, question)).into_response())
}

fn page(
    frame: Frame,
    account: &AccountDocument,
    question: impl FnOnce(&AccountDocument) -> Question,
) -> ConfirmPage {
    let (question, what, action, verb, word) = question(account);
    ConfirmPage {
        frame,
        question,
        what,
        action: format!("{}/{action}", page_of(account.id)),
        verb,
        kind: if verb == "Generate" { "primary" } else { "danger" },
        word,
        error: "",
        back: page_of(account.id),
    }
}
