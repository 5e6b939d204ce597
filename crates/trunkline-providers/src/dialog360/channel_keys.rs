use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    api::{Fields, List, Reading, Repeat, items},
    call,
    dialog360::{Api, errors::DIALECT},
    error::{Provider, ProviderError},
};

/// A new messaging key of a channel. It is shown this once, and every earlier key of the channel has ended.
#[derive(Debug, Clone)]
pub struct ChannelKey {
    /// The key's id.
    pub id: Option<Box<str>>,
    /// Where messages go with it; [`super::MESSAGING_URL`] when it names none.
    pub address: Option<Box<str>>,
    /// The key, sent as `D360-API-KEY`.
    pub api_key: SecretString,
    /// The app that it is of.
    pub app_id: Option<Box<str>>,
}

/// A messaging key in a list, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// The key's id.
    pub id: Box<str>,
    /// Where messages go with it.
    pub address: Option<Box<str>>,
    /// The app that it is of.
    pub app_id: Option<Box<str>>,
}

impl Reading for ListedKey {
    fn read(value: Value) -> Option<Self> {
        let fields = Fields(&value);
        let (address, app_id) = (fields.text("/address"), fields.text("/app_id"));
        Some(Self { id: fields.text("/id")?, address, app_id })
    }
}

impl Api {
    /// `GET /partners/{id}/channels/{channel}/api_keys`. Whether 360dialog shows keys here is not certain: they are not read.
    pub async fn channel_keys(&self, channel: &str) -> Result<List<ListedKey>, ProviderError> {
        const CALL: &str = "provider.360dialog.api_keys";
        let url = self.url(CALL, &["channels", channel, "api_keys"])?;
        let make = || call!("provider.360dialog.api_keys", Method::GET, url.clone());
        let reply = self.send(Repeat::Safe, make).await?;
        reply.read_by(&DIALECT, CALL, |mut answer| items(&mut answer, "api_keys"))
    }

    /// `POST /partners/{id}/channels/{channel}/api_keys`: makes a key, which ends every earlier one of the channel
    /// (`https://docs.360dialog.com/docs/hub/api-key`).
    ///
    /// Never repeated, and to be journalled before it is sent.
    pub async fn create_channel_key(&self, channel: &str) -> Result<ChannelKey, ProviderError> {
        const CALL: &str = "provider.360dialog.api_key_create";
        let url = self.url(CALL, &["channels", channel, "api_keys"])?;
        let make = || {
            call!("provider.360dialog.api_key_create", Method::POST, url.clone()).json(&json!({}))
        };
        let answer = self.send(Repeat::Never, make).await?.into_value();
        let fields = Fields(&answer);
        let Some(api_key) = fields.text("/api_key") else {
            return Err(ProviderError::unexpected(Provider::Dialog360, CALL));
        };
        Ok(ChannelKey {
            id: fields.text("/id"),
            address: fields.text("/address"),
            api_key: String::from(api_key).into(),
            app_id: fields.text("/app_id"),
        })
    }

    /// `DELETE /partners/{id}/channels/{channel}/api_keys`: ends the channel's keys.
    pub async fn delete_channel_keys(&self, channel: &str) -> Result<(), ProviderError> {
        let url =
            self.url("provider.360dialog.api_key_delete", &["channels", channel, "api_keys"])?;
        let make = || call!("provider.360dialog.api_key_delete", Method::DELETE, url.clone());
        self.send(Repeat::Safe, make).await.map(drop)
    }
}
