//! The calls that must not be made twice, each by the journal.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_providers::meta::CodeMethod;
use trunkline_providers::twilio::NewSender;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::QualifiedId;
use trunkline_store::channels::{find_channel_secret, update_channel_secret};
use trunkline_store::partner_accounts::PartnerAccount;

use super::journal::{Once, failed, once};
use super::{ProviderAccount, Waiting};
use crate::{Problem, State};

/// Makes a messaging key for a channel of 360dialog, which ends its earlier ones, and keeps it sealed.
pub async fn create_channel_key(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
    channel: &str,
) -> Result<(), Problem> {
    let api = dialog360_api(state, account, Waiting::Request)?;
    let before = api.channel_keys(channel).await.map_err(|error| failed(&error))?;
    let before: Vec<&str> = before.items.iter().map(|key| key.id.as_ref()).collect();
    let call = Once {
        account_id: account.id,
        call: "provider.360dialog.api_key_create",
        subject: channel,
        details: json!({ "keys_before": before, "channel_row": channel_row }),
    };
    let row = QualifiedId { provider: Provider::Dialog360, number: channel_row };
    let made = once(state, call, api.create_channel_key(channel), async |executor, key| {
        let secret = Secret::new(key.api_key.expose_secret().to_owned());
        let (keys, random) = (&state.keys, state.random.clone());
        update_channel_secret(executor, row, keys, random, &secret, state.clock.now()).await?;
        Ok(json!({ "key_id": key.id, "address": key.address }))
    });
    made.await.map(drop)
}

/// Makes a client at 360dialog for a company; gives its id.
pub async fn create_dialog360_client(
    state: &State,
    account: &PartnerAccount,
    name: &str,
    email: &str,
) -> Result<String, Problem> {
    let api = dialog360_api(state, account, Waiting::Request)?;
    let call = Once {
        account_id: account.id,
        call: "provider.360dialog.client_create",
        subject: email,
        details: json!({ "name": name }),
    };
    let made = once(state, call, api.create_client(name, email), async |_, client| {
        Ok(json!({ "client_id": client.id }))
    });
    Ok(made.await?.id.into())
}

/// Registers a number of Meta with its PIN.
pub async fn register(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
    number: &str,
    pin: &SecretString,
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, account, channel_row).await?;
    let call = on_number(account, "provider.meta.register", number, channel_row);
    once(state, call, api.register(number, pin), async |_, ()| Ok(json!({}))).await
}

/// Takes the registration of a number of Meta back.
pub async fn deregister(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
    number: &str,
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, account, channel_row).await?;
    let call = on_number(account, "provider.meta.deregister", number, channel_row);
    once(state, call, api.deregister(number), async |_, ()| Ok(json!({}))).await
}

/// Has Meta send a company a code, in a language as `en_US`.
pub async fn request_code(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
    number: &str,
    (method, language): (CodeMethod, &str),
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, account, channel_row).await?;
    let call = on_number(account, "provider.meta.request_code", number, channel_row);
    let sending = api.request_code(number, method, language);
    once(state, call, sending, async |_, ()| Ok(json!({}))).await
}

/// Makes a subaccount at Twilio; gives its SID.
pub async fn create_subaccount(
    state: &State,
    account: &PartnerAccount,
    name: &str,
) -> Result<String, Problem> {
    let api = twilio_api(state, account, Waiting::Request)?;
    let call = Once {
        account_id: account.id,
        call: "provider.twilio.subaccount_create",
        subject: name,
        details: json!({}),
    };
    let made = once(state, call, api.create_subaccount(name), async |_, made| {
        Ok(json!({ "account_sid": made.sid }))
    });
    Ok(made.await?.sid.into())
}

/// Makes a sender in a subaccount of Twilio; gives its SID.
pub async fn create_sender(
    state: &State,
    account: &PartnerAccount,
    subaccount: &str,
    new: &NewSender<'_>,
) -> Result<String, Problem> {
    let api = twilio_api_of(state, account, subaccount, Waiting::Request).await?;
    let call = Once {
        account_id: account.id,
        call: "provider.twilio.sender_create",
        subject: new.phone_number,
        details: json!({ "account_sid": subaccount }),
    };
    let made = once(state, call, api.create_sender(new), async |_, made| {
        Ok(json!({ "sender_sid": made.sid }))
    });
    Ok(made.await?.sid.into())
}

fn on_number<'a>(
    account: &PartnerAccount,
    call: &'static str,
    number: &'a str,
    channel_row: i32,
) -> Once<'a> {
    let details = json!({ "channel_row": channel_row });
    Once { account_id: account.id, call, subject: number, details }
}

pub(crate) fn dialog360_api(
    state: &State,
    account: &PartnerAccount,
    waiting: Waiting,
) -> Result<dialog360::Api, Problem> {
    let caller = state.caller(account, waiting)?;
    let opened = ProviderAccount::open(state, account).dialog360()?;
    dialog360::Api::new(caller, opened).map_err(|error| failed(&error))
}

pub(crate) fn meta_api(
    state: &State,
    account: &PartnerAccount,
    waiting: Waiting,
) -> Result<meta::Api, Problem> {
    let caller = state.caller(account, waiting)?;
    let opened = ProviderAccount::open(state, account).meta()?;
    meta::Api::new(caller, opened).map_err(|error| failed(&error))
}

/// With the company's token, where the channel has one.
pub(crate) async fn meta_api_of_channel(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
) -> Result<meta::Api, Problem> {
    let api = meta_api(state, account, Waiting::Request)?;
    let row = QualifiedId { provider: Provider::Meta, number: channel_row };
    let connection = state.store.connection().await?;
    let secret = find_channel_secret(connection.executor(), row, &state.keys).await?;
    Ok(match secret {
        Some(Ok(token)) => api.with_token(token.expose().into()),
        _ => api,
    })
}

/// As the parent, with its auth token: subaccounts are not for Standard keys.
pub(crate) fn twilio_api(
    state: &State,
    account: &PartnerAccount,
    waiting: Waiting,
) -> Result<twilio::Api, Problem> {
    let caller = state.caller(account, waiting)?;
    let opened = ProviderAccount::open(state, account).twilio()?;
    twilio::Api::with_auth_token(caller, opened).map_err(|error| failed(&error))
}

/// As a subaccount, whose token the parent is told.
pub(crate) async fn twilio_api_of(
    state: &State,
    account: &PartnerAccount,
    subaccount: &str,
    waiting: Waiting,
) -> Result<twilio::Api, Problem> {
    let parent = twilio_api(state, account, waiting)?;
    if subaccount == account.partner_id {
        return Ok(parent);
    }
    let found = parent.account(subaccount).await.map_err(|error| failed(&error))?;
    Ok(match found.auth_token {
        Some(token) => parent.of_subaccount(subaccount, token),
        None => parent,
    })
}
