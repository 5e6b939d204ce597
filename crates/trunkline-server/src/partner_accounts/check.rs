use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_providers::http::Http;
use trunkline_providers::report::Report;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account, update_check};

use super::fields::fields_of;
use super::{AccountDocument, Author, lock, note};
use crate::problem::Kind;
use crate::providers::ProviderAccount;
use crate::{Problem, State};

/// Asks the provider whether an account works, and keeps what it found.
pub(crate) async fn check(
    state: &State,
    author: &Author,
    id: i32,
) -> Result<AccountDocument, Problem> {
    let account = {
        // The connection is not held while the provider takes its time.
        let connection = state.store.connection().await?;
        find_partner_account(connection.executor(), id).await?
    };
    let account = account.ok_or_else(|| Problem::not_found("partner account"))?;
    let report = ask(state, state.providers.http()?, &account).await;

    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let present = lock(executor, id).await?;
    let (check_findings, checked_at) = (account.check_findings.clone(), account.checked_at);
    if account != (PartnerAccount { check_findings, checked_at, ..present }) {
        let detail = "the account was changed while the provider was asked; what it said holds for the \
                      account as it was, and is not kept: check it again";
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let findings = describe(account.provider, &report)?;
    update_check(executor, id, &findings, report.checked_at).await?;
    let document = AccountDocument::new(state, &lock(executor, id).await?);
    let outcome = json!({
        "level": report.level,
        "codes": report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(),
    });
    note(executor, author, "partner_account.checked", id, (None, Some(outcome)), now).await?;
    transaction.commit().await?;
    Ok(document)
}

/// The findings, each naming its field as the account does.
fn describe(provider: Provider, report: &Report) -> Result<Value, Problem> {
    let mut findings = serde_json::to_value(&report.findings).map_err(Problem::internal)?;
    for finding in findings.as_array_mut().into_iter().flatten() {
        let column = finding.get("field").and_then(Value::as_str);
        let field = fields_of(provider).find(|field| Some(field.column.as_str()) == column);
        let name = field.map(|field| field.name).or(column.map(|_| "webhooks"));
        if let Some(name) = name {
            finding["field"] = name.into();
        }
    }
    Ok(findings)
}

async fn ask(state: &State, http: &Http, account: &PartnerAccount) -> Report {
    match ProviderAccount::open(state, account) {
        ProviderAccount::Dialog360(account) => dialog360::check(http, &account, &state.clock).await,
        ProviderAccount::Meta(account) => meta::check(http, &account, &state.clock).await,
        ProviderAccount::Twilio(account) => twilio::check(http, &account, &state.clock).await,
    }
}
