//! Calls that make a client, a subaccount or a sender, each by the journal; and the APIs as accounts speak to them.

use serde_json::json;
use trunkline_core::Provider;
use trunkline_providers::error::ProviderError;
use trunkline_providers::twilio::NewSender;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::QualifiedId;
use trunkline_store::channels::find_channel_secret;
use trunkline_store::partner_accounts::PartnerAccount;

use super::journal::{Once, itself, once};
use super::{ProviderAccount, Waiting, failed};
use crate::{Problem, State};

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
        channel: None,
        details: json!({ "name": name }),
        actor: &itself(),
    };
    let made = once(state, call, api.create_client(name, email), async |_, client| {
        Ok(json!({ "client_id": client.id }))
    });
    Ok(made.await?.id.into())
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
        channel: None,
        details: json!({}),
        actor: &itself(),
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
        channel: None,
        details: json!({ "account_sid": subaccount }),
        actor: &itself(),
    };
    let made = once(state, call, api.create_sender(new), async |_, made| {
        Ok(json!({ "sender_sid": made.sid }))
    });
    Ok(made.await?.sid.into())
}

pub(crate) fn dialog360_api(
    state: &State,
    account: &PartnerAccount,
    waiting: Waiting,
) -> Result<dialog360::Api, Problem> {
    let caller = state.caller(account, waiting)?;
    let opened = ProviderAccount::open(state, account).dialog360()?;
    dialog360::Api::new(caller, opened).map_err(|error| failed(&error, state.clock.now()))
}

pub(crate) fn meta_api(
    state: &State,
    account: &PartnerAccount,
    waiting: Waiting,
) -> Result<meta::Api, Problem> {
    let caller = state.caller(account, waiting)?;
    let opened = ProviderAccount::open(state, account).meta()?;
    meta::Api::new(caller, opened).map_err(|error| failed(&error, state.clock.now()))
}

/// With the company's token, where the channel has one.
pub(crate) async fn meta_api_of_channel(
    state: &State,
    account: &PartnerAccount,
    channel_row: i32,
    waiting: Waiting,
) -> Result<meta::Api, Problem> {
    let api = meta_api(state, account, waiting)?;
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
    twilio::Api::with_auth_token(caller, opened).map_err(|error| failed(&error, state.clock.now()))
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
    let failed = |error: ProviderError| failed(&error, state.clock.now());
    let found = parent.account(subaccount).await.map_err(failed)?;
    let token = found.auth_token.ok_or_else(|| {
        failed(ProviderError::without_token("provider.twilio.account", subaccount))
    })?;
    Ok(parent.of_subaccount(subaccount, token))
}
