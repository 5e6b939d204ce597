use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use trunkline_providers::api::Word;
use trunkline_providers::error::ProviderError;
use trunkline_providers::meta::{CodeVerification, Platform};
use trunkline_providers::twilio::SenderStatus;
use trunkline_store::audit_log::Actor;
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account};
use trunkline_store::provider_calls::{
    CallState, ProviderCall, find_call, list_accounts_with_open_calls, list_open_calls,
};
use trunkline_store::rate_budgets::delete_idle_budgets;

use super::calls::{dialog360_api, meta_api, meta_api_of_channel, twilio_api, twilio_api_of};
use super::journal::{API_KEY_CREATE, end, itself};
use super::{Waiting, failed};
use crate::problem::{FieldProblem, Kind};
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
    pub end: CallState,
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
        match look(state, account, &open, &itself()).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(end))) => {
                let ProviderCall { call, subject, .. } = open;
                tracing::warn!(%call, %subject, ?end, "it was found out what became of a call");
                found.push(Resolution { call, subject, end });
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, call = %open.call, "what became of a call is still not known");
            }
            // One that cannot be asked about keeps the others from nothing.
            Err(problem) => {
                tracing::warn!(?problem, call = %open.call, "what became of a call cannot be asked");
            }
        }
    }
    Ok(found)
}

/// Asks the provider about one call at once, for somebody who wants to know; gives the call as it stands then.
pub(crate) async fn resolve_call(
    state: &State,
    actor: &Actor,
    id: i64,
) -> Result<ProviderCall, Problem> {
    let open = find_open(state, id).await?;
    let account = {
        let connection = state.store.connection().await?;
        find_partner_account(connection.executor(), open.account_id).await?
    };
    let account = account.ok_or_else(|| Problem::not_found("partner account"))?;
    let looked = look(state, &account, &open, actor).await?;
    looked.map_err(|error| failed(&error, state.clock.now()))?;
    find(state, id).await
}

/// How somebody knows what became of a call: 1 to 500 characters.
pub(crate) fn read_note(text: &str) -> Result<&str, FieldProblem> {
    let text = text.trim();
    if (1..=500).contains(&text.chars().count()) && !text.contains('\0') {
        return Ok(text);
    }
    let message = "say how you know it, in at most 500 characters".to_owned();
    Err(FieldProblem { field: "note".to_owned(), message })
}

/// Writes down what somebody knows of a call whose end is not known; gives the call.
pub(crate) async fn settle_call(
    state: &State,
    actor: &Actor,
    id: i64,
    as_done: bool,
    note: &str,
) -> Result<ProviderCall, Problem> {
    let open = find_open(state, id).await?;
    let ended = if as_done { CallState::Done } else { CallState::Failed };
    let outcome = json!({ "settled_by": actor.name, "note": note });
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let now = state.clock.now();
    if !end(transaction.executor(), actor, &open, ended, &outcome, now).await? {
        return Err(known(&open));
    }
    transaction.commit().await?;
    find(state, id).await
}

async fn find(state: &State, id: i64) -> Result<ProviderCall, Problem> {
    let connection = state.store.connection().await?;
    let found = find_call(connection.executor(), id).await?;
    found.ok_or_else(|| Problem::not_found("call"))
}

/// A call whose end is not known, and which nobody is waiting for any more.
async fn find_open(state: &State, id: i64) -> Result<ProviderCall, Problem> {
    let open = find(state, id).await?;
    if !open.state.is_open() {
        return Err(known(&open));
    }
    if open.begun_at >= not_under_way(state) {
        let from = open.begun_at + UNDER_WAY;
        let detail = format!("the call may still be under way; ask again after {from}");
        return Err(Problem::new(Kind::Conflict, detail));
    }
    Ok(open)
}

fn known(call: &ProviderCall) -> Problem {
    let detail = format!("what became of call {} is known already", call.id);
    Problem::new(Kind::Conflict, detail)
}

/// Asks the provider about a call, and writes down what is new about it. `Err` within `Ok`: it could not be asked.
async fn look(
    state: &State,
    account: &PartnerAccount,
    open: &ProviderCall,
    actor: &Actor,
) -> Result<Result<Option<CallState>, ProviderError>, Problem> {
    let (found, outcome) = match ask(state, account, open).await? {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    if found == open.state {
        return Ok(Ok(None));
    }
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let now = state.clock.now();
    let is_new = end(transaction.executor(), actor, open, found, &outcome, now).await?;
    transaction.commit().await?;
    Ok(Ok(is_new.then_some(found)))
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
        if let Some(account) = account
            && let Err(problem) = resolve_open_calls(state, &account).await
        {
            tracing::warn!(?problem, account = id, "open calls could not be looked at");
        }
    }
    Ok(())
}

/// Calls that were begun before this are not under way any more.
fn not_under_way(state: &State) -> Timestamp {
    let now = state.clock.now();
    now.checked_sub(UNDER_WAY).unwrap_or(now)
}

type Answer = Result<(CallState, Value), ProviderError>;

/// `Err` within `Ok`: the provider could not be asked.
async fn ask(
    state: &State,
    account: &PartnerAccount,
    open: &ProviderCall,
) -> Result<Answer, Problem> {
    match open.call.as_str() {
        API_KEY_CREATE => {
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
        "provider.twilio.sender_verify" => {
            let subaccount = open.details["account_sid"].as_str().unwrap_or(&account.partner_id);
            let api = twilio_api_of(state, account, subaccount, Waiting::Job).await?;
            Ok(api.sender(&open.subject).await.map(|sender| {
                let status = sender.status.as_ref().and_then(Word::known);
                let end = match status {
                    Some(SenderStatus::PendingVerification) => CallState::Failed,
                    Some(
                        SenderStatus::Verifying | SenderStatus::TwilioReview | SenderStatus::Online,
                    ) => CallState::Done,
                    _ => CallState::Unknown,
                };
                (end, json!({ "found": { "status": sender.status } }))
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
    let api = match open.channel() {
        Some(channel) => meta_api_of_channel(state, account, channel.number, Waiting::Job).await?,
        None => meta_api(state, account, Waiting::Job)?,
    };
    let number = match api.phone_number(&open.subject).await {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    let outcome = json!({ "found": { "status": number.status, "platform_type": number.platform_type,
        "code_verification_status": number.code_verification_status } });
    let unregistered =
        number.platform_type.as_ref().is_some_and(|word| word.is(Platform::NotRegistered));
    let end = match open.call.as_str() {
        // It was registered before too, so that it is says nothing.
        "provider.meta.register" if open.details["again"] == true => CallState::Unknown,
        "provider.meta.register" if number.is_registered() => CallState::Done,
        "provider.meta.deregister" if unregistered => CallState::Done,
        "provider.meta.register" | "provider.meta.deregister" => CallState::Failed,
        _ => match number.code_verification_status.and_then(|word| word.known()) {
            Some(CodeVerification::Verified) => CallState::Done,
            _ if open.call == "provider.meta.verify_code" => CallState::Failed,
            // Whether somebody was sent a code, Meta does not tell.
            _ => CallState::Unknown,
        },
    };
    Ok(Ok((end, outcome)))
}

/// A thing that is there was made by the call.
fn made(name: &str, id: Option<Box<str>>) -> (CallState, Value) {
    match id {
        Some(id) => (CallState::Done, json!({ "found": { name: id } })),
        None => (CallState::Failed, json!({ "found": null })),
    }
}

/// A key that was not there before was made by the call, and is lost: it is shown once. Those before it have ended, so
/// the channel needs a new one; that it is `Done` here lets somebody make it.
fn made_key(details: &Value, now: &[Box<str>]) -> (CallState, Value) {
    let before: Vec<&str> =
        details["keys_before"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let new: Vec<&str> =
        now.iter().map(AsRef::as_ref).filter(|key| !before.contains(key)).collect();
    if new.is_empty() {
        (CallState::Failed, json!({ "found": null }))
    } else {
        (CallState::Done, json!({ "found": { "key_id": new }, "lost": true }))
    }
}
