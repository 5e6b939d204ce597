use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::{
    api::Repeat,
    call,
    error::ProviderError,
    twilio::{Api, Sender, api::read},
};

/// A sender that is to be, in a company's subaccount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSender<'a> {
    /// `+15017122661`.
    pub phone_number: &'a str,
    /// The name that people will see.
    pub name: &'a str,
    /// Meta's id of the WhatsApp Business Account, from Embedded Signup.
    pub waba_id: Option<&'a str>,
    /// `sms` or `voice`: how the company gets its code.
    pub verification_method: Option<&'a str>,
    /// Where messages go.
    pub webhook: SenderWebhook<'a>,
}

/// Where a sender's messages and their statuses go; `None` is left as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SenderWebhook<'a> {
    /// Messages.
    pub callback_url: Option<&'a str>,
    /// Statuses of messages.
    pub status_callback_url: Option<&'a str>,
}

impl SenderWebhook<'_> {
    fn body(self) -> Option<Value> {
        let fields = [
            ("callback_url", self.callback_url),
            ("status_callback_url", self.status_callback_url),
        ];
        let mut body = Map::new();
        for (name, url) in fields {
            if let Some(url) = url {
                body.insert(name.to_owned(), url.into());
                body.insert(name.replace("_url", "_method"), "POST".into());
            }
        }
        (!body.is_empty()).then_some(Value::Object(body))
    }
}

impl Api {
    /// `POST /v2/Channels/Senders`: 202, and registration goes on by itself.
    ///
    /// Never repeated, and to be journalled before it is sent: what a second one for the number answers is not documented.
    pub async fn create_sender(&self, new: &NewSender<'_>) -> Result<Sender, ProviderError> {
        const CALL: &str = "provider.twilio.sender_create";
        let url = self.senders_url(CALL, None)?;
        let mut body = json!({
            "sender_id": format!("whatsapp:{}", new.phone_number),
            "profile": { "name": new.name },
        });
        let configuration =
            [("waba_id", new.waba_id), ("verification_method", new.verification_method)];
        for (name, value) in configuration {
            if let Some(value) = value {
                body["configuration"][name] = value.into();
            }
        }
        if let Some(webhook) = new.webhook.body() {
            body["webhook"] = webhook;
        }
        let make = || call!("provider.twilio.sender_create", Method::POST, url.clone()).json(&body);
        read(self.send(Repeat::Never, make).await?, CALL)
    }

    /// `POST /v2/Channels/Senders/{sid}` with other addresses; the same again changes nothing more, so it is repeated.
    ///
    /// The answer leaves out what was not changed: read the sender anew.
    pub async fn set_sender_webhook(
        &self,
        sid: &str,
        webhook: SenderWebhook<'_>,
    ) -> Result<(), ProviderError> {
        let url = self.senders_url("provider.twilio.sender_edit", Some(sid))?;
        let body = json!({ "webhook": webhook.body().unwrap_or_else(|| json!({})) });
        let make = || call!("provider.twilio.sender_edit", Method::POST, url.clone()).json(&body);
        self.send(Repeat::Safe, make).await.map(drop)
    }

    /// `POST /v2/Channels/Senders/{sid}` with the code that the company got. Never repeated: wrong codes are counted.
    pub async fn verify_sender(&self, sid: &str, code: &SecretString) -> Result<(), ProviderError> {
        let url = self.senders_url("provider.twilio.sender_verify", Some(sid))?;
        let body = json!({ "configuration": { "verification_code": code.expose_secret() } });
        let make = || {
            call!("provider.twilio.sender_verify", Method::POST, url.clone())
                .hiding(code)
                .json(&body)
        };
        self.send(Repeat::Never, make).await.map(drop)
    }

    /// `DELETE /v2/Channels/Senders/{sid}`: 204.
    pub async fn delete_sender(&self, sid: &str) -> Result<(), ProviderError> {
        let url = self.senders_url("provider.twilio.sender_delete", Some(sid))?;
        let make = || call!("provider.twilio.sender_delete", Method::DELETE, url.clone());
        self.send(Repeat::Safe, make).await.map(drop)
    }
}
