use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Provider;

use super::fields::{FieldView, Given, errors, label_of, views};
use super::{LIST, author, page_of};
use crate::admin::form::Form;
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::api::Query;
use crate::auth::Administrator;
use crate::partner_accounts::{Author, create};
use crate::{Problem, State};

/// Of which provider; empty: to be chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    provider: String,
}

#[derive(Template)]
#[template(path = "partner_account_new.html")]
struct NewPage {
    frame: Frame,
    provider: Option<Provider>,
    providers: [(Provider, &'static str); 3],
    fields: Vec<FieldView>,
    errors: Vec<(String, String)>,
    back: &'static str,
}

/// The choice of a provider, or the form of one.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    choice: Result<Query<Choice>, Problem>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let Query(choice) = choice?;
    let frame = administrator.frame(&headers, Section::PartnerAccounts);
    let page = page(frame, &author, choice.provider.parse().ok(), None, None);
    Ok(Page(page).into_response())
}

/// Adds the account.
pub(super) async fn add(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let given = Given::new(pairs);
    let frame = administrator.frame(&headers, Section::PartnerAccounts);
    let Ok(provider) = given.get("provider").parse::<Provider>() else {
        return Ok(Page(page(frame, &author, None, None, None)).into_response());
    };
    let mut body = given.body(provider, true);
    body.insert("provider".to_owned(), provider.as_str().into());
    match create(&state, &author, body).await {
        Ok(account) => {
            let toast = if account.is_default {
                format!("{} added. It is the default of {}.", account.title(), provider.name())
            } else {
                format!("{} added.", account.title())
            };
            Ok(redirect_with_toast(&page_of(account.id), &toast))
        }
        Err(problem) if !problem.fields.is_empty() => {
            let page = page(frame, &author, Some(provider), Some(&given), Some(&problem));
            Ok((problem.status(), Page(page)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn page(
    frame: Frame,
    author: &Author,
    provider: Option<Provider>,
    given: Option<&Given>,
    problem: Option<&Problem>,
) -> NewPage {
    let fields = provider.map(|provider| views(provider, author.role, None, given, problem));
    NewPage {
        frame,
        provider,
        providers: [
            (
                Provider::Meta,
                "You are a Tech Provider of Meta: companies sign up by Embedded Signup.",
            ),
            (Provider::Dialog360, "You are a partner of 360dialog: companies sign up in its hub."),
            (Provider::Twilio, "Companies' senders stand in subaccounts of your Twilio account."),
        ],
        fields: fields.unwrap_or_default(),
        errors: provider.map_or_else(Vec::new, |provider| errors(problem, label_of(provider))),
        back: LIST,
    }
}
