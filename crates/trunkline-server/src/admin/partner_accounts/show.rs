use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;
use trunkline_core::Role;

use super::preview::Preview;
use super::{LIST, load, page_of};
use crate::admin::{Frame, Page, PageProblem, Section, Time};
use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, AccountId, SecretState, fields_of};
use crate::{Problem, State};

/// A field that is shown, with the provider's word for it.
struct Shown {
    label: &'static str,
    value: String,
}

struct SecretView {
    label: &'static str,
    state: SecretState,
}

/// What a check found, as the page shows it.
struct Finding {
    tone: &'static str,
    message: String,
    advice: String,
    value: String,
    words: String,
    at: Option<Time>,
}

struct CheckView {
    tone: &'static str,
    text: &'static str,
    at: Time,
    findings: Vec<Finding>,
}

#[derive(Template)]
#[template(path = "partner_account.html")]
struct AccountPage {
    frame: Frame,
    title: String,
    provider: &'static str,
    here: String,
    back: &'static str,
    account: AccountDocument,
    shown: Vec<Shown>,
    secrets: Vec<SecretView>,
    has_verify_token: bool,
    check: Option<CheckView>,
    preview: Preview,
    created_at: Time,
    updated_at: Time,
    may_change: bool,
}

/// An account: what is stored, what to enter at the provider, and whether it works.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let account = load(&state, id?.0).await?;
    let fields = fields_of(account.provider);
    let shown = fields.filter_map(|field| {
        let value = account.shown.get(field.name)?.clone().unwrap_or_default();
        Some(Shown { label: field.label, value })
    });
    let secrets = fields_of(account.provider).filter_map(|field| {
        let state = account.secrets.get(field.name)?.clone();
        Some(SecretView { label: field.label, state })
    });
    let page = AccountPage {
        frame: administrator.frame(&headers, Section::PartnerAccounts),
        title: account.title(),
        provider: account.provider.name(),
        here: page_of(account.id),
        back: LIST,
        shown: shown.collect(),
        secrets: secrets.collect(),
        has_verify_token: account.secrets.contains_key("webhook_verify_token"),
        check: account.check.as_ref().map(|check| {
            let (tone, text) = outcome(&check.level);
            let findings = check.findings.iter().map(finding).collect();
            CheckView { tone, text, at: check.checked_at.into(), findings }
        }),
        preview: Preview::of(&account),
        created_at: account.created_at.into(),
        updated_at: account.updated_at.into(),
        may_change: administrator.session.role >= Role::Admin,
        account,
    };
    Ok(Page(page).into_response())
}

/// Tone and words of a check's level.
pub(super) fn outcome(level: &str) -> (&'static str, &'static str) {
    match level {
        "error" => ("bad", "Does not work"),
        "warning" => ("warn", "Works, with a warning"),
        _ => ("good", "Works"),
    }
}

fn finding(found: &Value) -> Finding {
    let text =
        |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let at = found.get("at").and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
    let words = found.pointer("/error/message").and_then(Value::as_str);
    Finding {
        tone: match text("level").as_str() {
            "error" => "bad",
            "warning" => "warn",
            _ => "good",
        },
        message: text("message"),
        advice: text("advice"),
        value: text("value"),
        words: words.map(str::to_owned).unwrap_or_default(),
        at: at.map(Time::from),
    }
}
