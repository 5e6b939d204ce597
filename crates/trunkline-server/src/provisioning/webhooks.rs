//! What a number receives comes to us: the same done again changes nothing more, so the journal has no part in it.

use secrecy::SecretString;
use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_providers::error::ProviderError;
use trunkline_providers::twilio::SenderWebhook;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::channels::update_dialog360_webhook_url;
use trunkline_store::partner_accounts::PartnerAccount;

use crate::partner_accounts::{Stored, Webhook, find_field, webhooks};
use crate::pass_through::{Held, find_held};
use crate::problem::Kind;
use crate::providers::{
    OnChannel, Waiting, dialog360_api, failed, meta_api_of_channel, twilio_api_of,
};
use crate::{Problem, State};

/// Has the provider send us what the channel receives, and writes down that somebody wanted it.
pub(super) async fn subscribe(state: &State, on: OnChannel<'_>) -> Result<(), Problem> {
    let urls = webhooks(&state.settings.public_url, on.account);
    let done = match on.id.provider {
        Provider::Meta => at_meta(state, on).await?,
        Provider::Dialog360 => at_dialog360(state, on, &urls).await?,
        Provider::Twilio => at_twilio(state, on, &urls).await?,
    };
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let (executor, now) = (transaction.executor(), state.clock.now());
    if let (Provider::Dialog360, Some(url)) = (on.id.provider, done["url"].as_str()) {
        update_dialog360_webhook_url(executor, on.id.number, url, now).await?;
    }
    let act = Act {
        action: "channel.webhooks_subscribed",
        object_kind: "channel",
        object_id: on.id.to_string(),
        company_id: Some(on.company_id),
        before: None,
        after: Some(done),
    };
    insert_audit_entry(executor, on.actor, &act, now).await?;
    Ok(transaction.commit().await?)
}

/// Our app gets the webhooks of the number's WhatsApp Business Account, where the app has them sent; an address of the
/// account's own ends by it.
async fn at_meta(state: &State, on: OnChannel<'_>) -> Result<Value, Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    api.subscribe(on.client, None).await.map_err(|error| refused(state, &error))?;
    Ok(json!({ "business_account_id": on.client }))
}

/// The number's own webhook, with the word by which we know it: nobody signs it.
async fn at_dialog360(
    state: &State,
    on: OnChannel<'_>,
    urls: &[Webhook],
) -> Result<Value, Problem> {
    let conflict = |detail: &str| Problem::new(Kind::Conflict, detail);
    let field = |name: &str| field(state, on.account, name);
    let header = field("webhook_header_name").zip(field("webhook_header_secret"));
    let (name, word) = header.ok_or_else(|| {
        conflict(
            "give the partner account a custom webhook header with its secret first: by it we know webhooks of numbers, \
             which 360dialog does not sign",
        )
    })?;
    let key = match find_held(state, on.id).await? {
        Held::Yes(key) => SecretString::from(key.expose().to_owned()),
        Held::No => return Err(conflict("the channel has no API key; rotate-api-key makes one")),
        Held::Sealed => {
            return Err(conflict(
                "the channel's API key is sealed under a key that this service has not; rotate-api-key makes another",
            ));
        }
    };
    let url = &urls.iter().find(|url| url.purpose == "numbers").ok_or_else(nowhere)?.url;
    let base = state.settings.providers.dialog360_messaging_url.parse().ok();
    let api = dialog360_api(state, on.account, Waiting::Request)?;
    let word = SecretString::from(word);
    let set = api.set_number_webhook(base.as_ref(), &key, url, Some((name.as_str(), &word)));
    set.await.map_err(|error| refused(state, &error))?;
    Ok(json!({ "url": url }))
}

async fn at_twilio(state: &State, on: OnChannel<'_>, urls: &[Webhook]) -> Result<Value, Problem> {
    let url = |purpose: &str| urls.iter().find(|url| url.purpose == purpose);
    let (messages, statuses) = url("events")
        .zip(url("status"))
        .map(|(one, other)| (&one.url, &other.url))
        .ok_or_else(nowhere)?;
    let api = twilio_api_of(state, on.account, on.client, Waiting::Request).await?;
    let webhook =
        SenderWebhook { callback_url: Some(messages), status_callback_url: Some(statuses) };
    let set = api.set_sender_webhook(on.key, webhook).await;
    set.map_err(|error| refused(state, &error))?;
    Ok(json!({ "url": messages, "status_url": statuses }))
}

fn field(state: &State, account: &PartnerAccount, name: &str) -> Option<String> {
    let field = find_field(account.provider, name)?;
    Stored::read(&state.keys, account, field).expose().map(str::to_owned)
}

fn refused(state: &State, error: &ProviderError) -> Problem {
    failed(error, state.clock.now())
}

fn nowhere() -> Problem {
    Problem::internal("a partner account has no URL for this")
}
