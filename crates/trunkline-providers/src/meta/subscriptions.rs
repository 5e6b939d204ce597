use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{
    api::{Fields, List, Reading, Repeat},
    call,
    error::ProviderError,
    meta::{Api, api::done},
};

/// An app that gets a WhatsApp Business Account's webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribedApp {
    /// The app's id.
    pub app_id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Where this account's webhooks go, when not where the app's go.
    pub override_callback_uri: Option<Box<str>>,
}

/// Where one account's webhooks go in place of the app's address. Meta asks that address for the token at once.
#[derive(Debug, Clone)]
pub struct Override {
    /// 200 characters at most.
    pub callback_uri: String,
    /// What Meta shows there.
    pub verify_token: SecretString,
}

impl Reading for SubscribedApp {
    fn read(value: Value) -> Option<Self> {
        let fields = Fields(&value);
        Some(Self {
            app_id: fields.text("/whatsapp_business_api_data/id").or_else(|| fields.text("/id"))?,
            name: fields.text("/whatsapp_business_api_data/name"),
            override_callback_uri: fields.text("/override_callback_uri"),
        })
    }
}

/// `https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps`.
impl Api {
    /// `GET /{waba}/subscribed_apps`.
    pub async fn subscribed_apps(&self, waba: &str) -> Result<List<SubscribedApp>, ProviderError> {
        let url = self.url("provider.meta.subscribed_apps", &[waba, "subscribed_apps"])?;
        let make = || call!("provider.meta.subscribed_apps", Method::GET, url.clone());
        self.pages(waba, make).await
    }

    /// `POST /{waba}/subscribed_apps`: our app gets its webhooks; without an override, one that is there ends.
    ///
    /// The same again changes nothing more, so it is repeated.
    pub async fn subscribe(
        &self,
        waba: &str,
        elsewhere: Option<&Override>,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.subscribe";
        let url = self.url(CALL, &[waba, "subscribed_apps"])?;
        let make = || {
            let call = call!("provider.meta.subscribe", Method::POST, url.clone());
            match elsewhere {
                Some(elsewhere) => call.hiding(&elsewhere.verify_token).json(&json!({
                    "override_callback_uri": elsewhere.callback_uri,
                    "verify_token": elsewhere.verify_token.expose_secret(),
                })),
                None => call,
            }
        };
        done(self.send(waba, Repeat::Safe, make).await?, CALL)
    }

    /// `DELETE /{waba}/subscribed_apps`: its webhooks end.
    pub async fn unsubscribe(&self, waba: &str) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.unsubscribe";
        let url = self.url(CALL, &[waba, "subscribed_apps"])?;
        let make = || call!("provider.meta.unsubscribe", Method::DELETE, url.clone());
        done(self.send(waba, Repeat::Safe, make).await?, CALL)
    }
}
