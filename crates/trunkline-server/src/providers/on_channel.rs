//! Calls on a channel that must not be made twice, each by the journal.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use trunkline_core::secrets::Secret;
use trunkline_providers::error::ProviderError;
use trunkline_providers::meta::CodeMethod;
use trunkline_store::QualifiedId;
use trunkline_store::audit_log::Actor;
use trunkline_store::channels::update_channel_secret;
use trunkline_store::partner_accounts::PartnerAccount;

use super::calls::{dialog360_api, meta_api_of_channel, twilio_api_of};
use super::journal::{API_KEY_CREATE, Once, once};
use super::{Waiting, failed};
use crate::{Problem, State};

/// A channel on which a call is made, and who asks for it.
#[derive(Clone, Copy)]
pub struct OnChannel<'a> {
    /// The partner account that serves it.
    pub account: &'a PartnerAccount,
    /// Its id among all providers.
    pub id: QualifiedId,
    /// What the provider calls it.
    pub key: &'a str,
    /// What the provider calls its client.
    pub client: &'a str,
    /// Whose it is.
    pub company_id: i32,
    /// Who asks.
    pub actor: &'a Actor,
}

impl<'a> OnChannel<'a> {
    fn call(&self, call: &'static str, more: Value) -> Once<'a> {
        let Self { account, id, key, company_id, actor, .. } = *self;
        let mut details = json!({ "channel_row": id.number, "company_id": company_id });
        if let (Some(details), Value::Object(more)) = (details.as_object_mut(), more) {
            details.extend(more);
        }
        Once { account_id: account.id, call, subject: key, channel: Some(id), details, actor }
    }
}

/// Makes a messaging key for a channel of 360dialog, which ends its earlier ones, and keeps it sealed.
pub async fn create_channel_key(state: &State, on: OnChannel<'_>) -> Result<(), Problem> {
    let api = dialog360_api(state, on.account, Waiting::Request)?;
    let before = api.channel_keys(on.key).await;
    let before = before.map_err(|error| failed(&error, state.clock.now()))?;
    let before: Vec<&str> = before.items.iter().map(|key| key.id.as_ref()).collect();
    let call = on.call(API_KEY_CREATE, json!({ "keys_before": before }));
    let id = on.id;
    let made = once(state, call, api.create_channel_key(on.key), async |executor, key| {
        let secret = Secret::new(key.api_key.expose_secret().to_owned());
        let (keys, random) = (&state.keys, state.random.clone());
        update_channel_secret(executor, id, keys, random, &secret, state.clock.now()).await?;
        Ok(json!({ "key_id": key.id, "address": key.address }))
    });
    made.await.map(drop)
}

/// Makes a call of which nothing but its end is kept.
///
/// Boxed: what a call holds while it is sent is 30 kB.
fn keep_end(
    state: &State,
    call: Once<'_>,
    sending: impl Future<Output = Result<(), ProviderError>>,
) -> impl Future<Output = Result<(), Problem>> {
    Box::pin(once(state, call, sending, async |_, ()| Ok(json!({}))))
}

/// Registers a number of Meta with its PIN; `again`: also where it is registered already.
pub async fn register(
    state: &State,
    on: OnChannel<'_>,
    pin: &SecretString,
    again: bool,
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    let call = on.call("provider.meta.register", json!({ "again": again }));
    keep_end(state, call, api.register(on.key, pin)).await
}

/// Takes the registration of a number of Meta back.
pub async fn deregister(state: &State, on: OnChannel<'_>) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    let call = on.call("provider.meta.deregister", json!({}));
    keep_end(state, call, api.deregister(on.key)).await
}

/// Has Meta send a company a code, in a language as `en_US`.
pub async fn request_code(
    state: &State,
    on: OnChannel<'_>,
    (method, language): (CodeMethod, &str),
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    let call = on.call("provider.meta.request_code", json!({ "method": method.as_str() }));
    let sending = api.request_code(on.key, method, language);
    keep_end(state, call, sending).await
}

/// Tells Meta the code that a company got.
pub async fn verify_code(
    state: &State,
    on: OnChannel<'_>,
    code: &SecretString,
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    let call = on.call("provider.meta.verify_code", json!({}));
    keep_end(state, call, api.verify_code(on.key, code)).await
}

/// Tells Twilio the code that a company got for its sender.
pub async fn verify_sender(
    state: &State,
    on: OnChannel<'_>,
    code: &SecretString,
) -> Result<(), Problem> {
    let api = twilio_api_of(state, on.account, on.client, Waiting::Request).await?;
    let call = on.call("provider.twilio.sender_verify", json!({ "account_sid": on.client }));
    keep_end(state, call, api.verify_sender(on.key, code)).await
}
