use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use trunkline_providers::error::ProviderError;
use trunkline_providers::meta::{CodeVerification, Platform};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account};
use trunkline_store::provider_calls::{
    CallEnd, ProviderCall, end_call, list_accounts_with_open_calls, list_open_calls,
};
use trunkline_store::rate_budgets::delete_idle_budgets;

use super::Waiting;
use super::calls::{dialog360_api, meta_api, twilio_api, twilio_api_of};
use crate::{Problem, State};

/// A call that is still under way has ended by then: it is sent once, and given up after seconds.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(2);

/// What was found out about a call whose end nobody knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// As `provider.meta.register`.
    pub call: String,
    /// What it was about.
    pub subject: String,
    /// What became of it.
    pub end: CallEnd,
}

/// Asks the provider what became of calls that were begun and whose end nobody wrote down: by reading, never by
/// making them again. Replicas that ask at once find out the same, and one of them writes it down.
pub async fn resolve_open_calls(
    state: &State,
    account: &PartnerAccount,
) -> Result<Vec<Resolution>, Problem> {
    let open = {
        // The connection is not held while the provider takes its time.
        let connection = state.store.connection().await?;
        list_open_calls(connection.executor(), account.id, not_under_way(state)).await?
    };
    let mut found = Vec::new();
    for open in open {
        let (end, outcome) = match ask(state, account, &open).await? {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, call = %open.call, "what became of a call is still not known");
                continue;
            }
        };
        if end == CallEnd::Unknown && open.is_unknown {
            continue;
        }
        let connection = state.store.connection().await?;
        let (executor, now) = (connection.executor(), state.clock.now());
        if end_call(executor, open.id, end, &outcome, now).await? {
            let ProviderCall { call, subject, .. } = open;
            tracing::warn!(%call, %subject, ?end, "it was found out what became of a call");
            found.push(Resolution { call, subject, end });
        }
    }
    Ok(found)
}

/// Does so for every partner account that has such calls, and forgets budgets that nobody uses.
pub async fn resolve_all(state: &State) -> Result<(), Problem> {
    let accounts = {
        let connection = state.store.connection().await?;
        delete_idle_budgets(connection.executor()).await?;
        list_accounts_with_open_calls(connection.executor(), not_under_way(state)).await?
    };
    for id in accounts {
        let account = {
            let connection = state.store.connection().await?;
            find_partner_account(connection.executor(), id).await?
        };
        if let Some(account) = account {
            resolve_open_calls(state, &account).await?;
        }
    }
    Ok(())
}

/// Calls that were begun before this are not under way any more.
fn not_under_way(state: &State) -> Timestamp {
    let now = state.clock.now();
    now.checked_sub(UNDER_WAY).unwrap_or(now)
}

type Answer = Result<(CallEnd, Value), ProviderError>;

/// `Err` within `Ok`: the provider could not be asked.
async fn ask(
    state: &State,
    account: &PartnerAccount,
    open: &ProviderCall,
) -> Result<Answer, Problem> {
    match open.call.as_str() {
        "provider.360dialog.api_key_create" => {
            let api = dialog360_api(state, account, Waiting::Job)?;
            let keys = api.channel_keys(&open.subject).await;
            Ok(keys.map(|keys| {
                let keys: Vec<Box<str>> = keys.items.into_iter().map(|key| key.id).collect();
                made_key(&open.details, &keys)
            }))
        }
        "provider.360dialog.client_create" => {
            let api = dialog360_api(state, account, Waiting::Job)?;
            let client = api.find_client(&open.subject).await;
            Ok(client.map(|client| made("client_id", client.map(|client| client.id))))
        }
        "provider.twilio.subaccount_create" => {
            let accounts = twilio_api(state, account, Waiting::Job)?.accounts().await;
            Ok(accounts.map(|accounts| {
                let mut accounts = accounts.items.into_iter();
                let is_it = |time: Option<Timestamp>| {
                    time.is_none_or(|time| time + UNDER_WAY >= open.begun_at)
                };
                let found = accounts.find(|found| {
                    found.friendly_name.as_deref() == Some(&*open.subject)
                        && is_it(found.created_at)
                });
                made("account_sid", found.map(|found| found.sid))
            }))
        }
        "provider.twilio.sender_create" => {
            let subaccount = open.details["account_sid"].as_str().unwrap_or(&account.partner_id);
            let senders =
                twilio_api_of(state, account, subaccount, Waiting::Job).await?.senders().await;
            Ok(senders.map(|senders| {
                let mut senders = senders.items.into_iter();
                let found = senders.find(|found| found.phone_number() == Some(&open.subject));
                made("sender_sid", found.map(|found| found.sid))
            }))
        }
        _ => ask_number(state, account, open).await,
    }
}

/// Meta's calls on numbers, of which the number itself tells.
async fn ask_number(
    state: &State,
    account: &PartnerAccount,
    open: &ProviderCall,
) -> Result<Answer, Problem> {
    let number = match meta_api(state, account, Waiting::Job)?.phone_number(&open.subject).await {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    let outcome = json!({ "found": { "status": number.status, "platform_type": number.platform_type,
        "code_verification_status": number.code_verification_status } });
    let unregistered =
        number.platform_type.as_ref().is_some_and(|word| word.is(Platform::NotRegistered));
    let end = match open.call.as_str() {
        "provider.meta.register" if number.is_registered() => CallEnd::Done,
        "provider.meta.deregister" if unregistered => CallEnd::Done,
        "provider.meta.register" | "provider.meta.deregister" => CallEnd::Failed,
        _ => match number.code_verification_status.and_then(|word| word.known()) {
            Some(CodeVerification::Verified) => CallEnd::Done,
            // Whether somebody was sent a code, Meta does not tell.
            _ => CallEnd::Unknown,
        },
    };
    Ok(Ok((end, outcome)))
}

/// A thing that is there was made by the call.
fn made(name: &str, id: Option<Box<str>>) -> (CallEnd, Value) {
    match id {
        Some(id) => (CallEnd::Done, json!({ "found": { name: id } })),
        None => (CallEnd::Failed, json!({ "found": null })),
    }
}

/// A key that was not there before was made by the call, and is lost: it is shown once. Those before it have ended, so
/// the channel needs a new one; that it is `Done` here lets somebody make it.
fn made_key(details: &Value, now: &[Box<str>]) -> (CallEnd, Value) {
    let before: Vec<&str> =
        details["keys_before"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let new: Vec<&str> =
        now.iter().map(AsRef::as_ref).filter(|key| !before.contains(key)).collect();
    if new.is_empty() {
        (CallEnd::Failed, json!({ "found": null }))
    } else {
        (CallEnd::Done, json!({ "found": { "key_id": new }, "lost": true }))
    }
}
