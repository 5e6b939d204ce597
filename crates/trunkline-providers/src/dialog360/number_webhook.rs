use reqwest::{Method, Url, header::HeaderName};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{
    api::{Fields, Reading, Repeat},
    call,
    dialog360::{Api, MESSAGING, MESSAGING_URL, api::read, errors::DIALECT},
    error::ProviderError,
    exchange::Reply,
    http::Call,
    report::endpoint,
};

const CHANNEL_KEY: HeaderName = HeaderName::from_static("d360-api-key");

/// Where messages and statuses of a number go. The headers that go along are not read: their values are secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberWebhook {
    /// The address; `None`: nowhere.
    pub url: Option<Box<str>>,
    /// The names of the headers that go along.
    pub header_names: Vec<Box<str>>,
}

impl Reading for NumberWebhook {
    fn read(value: Value) -> Option<Self> {
        let names = value.get("headers").and_then(Value::as_object).into_iter().flatten();
        let header_names = names.map(|(name, _)| name.as_str().into()).collect();
        value.as_object()?;
        Some(Self { url: Fields(&value).text("/url"), header_names })
    }
}

/// Calls of the Messaging API, with the channel's own key at the address that it came with.
impl Api {
    /// `GET /v1/configs/webhook`.
    pub async fn number_webhook(
        &self,
        address: Option<&Url>,
        key: &SecretString,
    ) -> Result<NumberWebhook, ProviderError> {
        const CALL: &str = "provider.360dialog.number_webhook";
        let url = endpoint(address, MESSAGING_URL, &["v1", "configs", "webhook"]);
        let make = || call!("provider.360dialog.number_webhook", Method::GET, url.clone());
        read(self.send_as_channel(key, make).await?, CALL)
    }

    /// `POST /v1/configs/webhook`, with a header of our own; the same again changes nothing more, so it is repeated.
    pub async fn set_number_webhook(
        &self,
        address: Option<&Url>,
        key: &SecretString,
        webhook_url: &str,
        header: Option<(&str, &SecretString)>,
    ) -> Result<NumberWebhook, ProviderError> {
        const CALL: &str = "provider.360dialog.number_webhook_edit";
        let url = endpoint(address, MESSAGING_URL, &["v1", "configs", "webhook"]);
        let make = || {
            let call = call!("provider.360dialog.number_webhook_edit", Method::POST, url.clone());
            match header {
                Some((name, value)) => {
                    let headers = json!({ name: value.expose_secret() });
                    call.hiding(value).json(&json!({ "url": webhook_url, "headers": headers }))
                }
                None => call.json(&json!({ "url": webhook_url })),
            }
        };
        read(self.send_as_channel(key, make).await?, CALL)
    }

    async fn send_as_channel(
        &self,
        key: &SecretString,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let make = || make().secret_header(CHANNEL_KEY, key);
        self.caller().send(&DIALECT, &[MESSAGING], Repeat::Safe, make).await
    }
}
