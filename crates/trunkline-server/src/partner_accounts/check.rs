use secrecy::SecretString;
use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_providers::http::{Http, Url};
use trunkline_providers::report::Report;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account, update_check};

use super::fields::{fields_of, find_field};
use super::sealed::Stored;
use super::{AccountDocument, Author, lock, note};
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
    lock(executor, id).await?;
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
    let read = |name: &str| {
        let field = find_field(account.provider, name)?;
        Stored::read(&state.keys, account, field).expose().map(str::to_owned)
    };
    let secret = |name: &str| read(name).map(SecretString::from);
    let settings = &state.settings.providers;
    let base = |usual: &str| account.base_url.as_deref().unwrap_or(usual).parse::<Url>().ok();
    let webhook_url = account.partner_webhook_url.as_deref().and_then(|url| url.parse().ok());
    match account.provider {
        Provider::Dialog360 => {
            let asked = dialog360::Account {
                base_url: base(&settings.dialog360_url).map(with_version),
                partner_id: account.partner_id.clone(),
                api_key: secret("api_key"),
                platform_secret: secret("platform_secret"),
                webhook_url,
            };
            dialog360::check(http, &asked, &state.clock).await
        }
        Provider::Meta => {
            let version = account.graph_version.as_ref().unwrap_or(&settings.graph_version);
            let asked = meta::Account {
                base_url: base(&settings.meta_url),
                graph_version: version.clone(),
                app_id: read("app_id").unwrap_or_default(),
                app_secret: secret("app_secret"),
                business_id: account.partner_id.clone(),
                system_user_token: secret("system_user_token"),
                config_id: account.config_id.clone(),
                webhook_url,
            };
            meta::check(http, &asked, &state.clock).await
        }
        Provider::Twilio => {
            // Senders stand at an address of their own, unless everything is behind one of ours.
            let base_url = base(&settings.twilio_url);
            let usual = twilio::BASE_URL.parse().ok();
            let asked = twilio::Account {
                base_url: base_url.filter(|url| Some(url) != usual.as_ref()),
                messaging_url: None,
                account_sid: account.partner_id.clone(),
                auth_token: secret("auth_token"),
                api_key_sid: read("api_key_sid"),
                api_key_secret: secret("api_key_secret"),
            };
            twilio::check(http, &asked, &state.clock).await
        }
    }
}

/// The Partner API with its version; an address that has a path has it already.
fn with_version(mut url: Url) -> Url {
    if url.path() == "/" {
        url.set_path("/api/v2");
    }
    url
}
