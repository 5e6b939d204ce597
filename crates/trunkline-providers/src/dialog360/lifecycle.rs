use reqwest::Method;
use serde_json::{Value, json};

use crate::{api::Repeat, call, dialog360::Api, error::ProviderError, http::Call};

/// The path names the client too: without it 360dialog answers 404, and the channel goes on being billed.
impl Api {
    /// `POST …/clients/{client}/channels/{channel}/control/cancellation_request`: the channel ends with the month.
    ///
    /// The same again changes nothing more, so it is repeated.
    pub async fn cancel_channel(&self, client: &str, channel: &str) -> Result<(), ProviderError> {
        const CALL: &str = "provider.360dialog.channel_cancel";
        let control = "cancellation_request";
        let url = self.url(CALL, &["clients", client, "channels", channel, "control", control])?;
        let make = || call!("provider.360dialog.channel_cancel", Method::POST, url.clone());
        self.control(&json!({ "enabled": true }), make).await
    }

    /// `POST …/control/reactivate`: takes a cancellation back, until the channel has ended.
    pub async fn reactivate_channel(
        &self,
        client: &str,
        channel: &str,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.360dialog.channel_reactivate";
        let control = "reactivate";
        let url = self.url(CALL, &["clients", client, "channels", channel, "control", control])?;
        let make = || call!("provider.360dialog.channel_reactivate", Method::POST, url.clone());
        self.control(&json!({}), make).await
    }

    async fn control(
        &self,
        body: &Value,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<(), ProviderError> {
        self.send(Repeat::Safe, || make().json(body)).await.map(drop)
    }
}
