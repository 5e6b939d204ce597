use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{
    api::{Fields, Reading, Repeat},
    call,
    error::ProviderError,
    meta::{
        Api,
        api::{done, read},
    },
};

/// A number's settings (`https://developers.facebook.com/docs/whatsapp/cloud-api/reference/settings`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberSettings {
    /// `DEFAULT`, `IN_COUNTRY_STORAGE_ENABLED`, `NO_STORAGE_ENABLED`; open.
    pub storage_status: Option<Box<str>>,
    /// The country where messages are kept.
    pub data_localization_region: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for NumberSettings {
    fn read(raw: Value) -> Option<Self> {
        raw.as_object()?;
        let fields = Fields(&raw);
        Some(Self {
            storage_status: fields.text("/storage_configuration/status"),
            data_localization_region: fields
                .text("/storage_configuration/data_localization_region"),
            raw,
        })
    }
}

/// Where a number's messages are kept; it can be chosen while the number is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage<'a> {
    /// Where Meta keeps them.
    Usual,
    /// In a country, as `BR`.
    InCountry(&'a str),
}

impl Api {
    /// `GET /{number}/settings`.
    pub async fn number_settings(&self, number: &str) -> Result<NumberSettings, ProviderError> {
        const CALL: &str = "provider.meta.settings";
        let url = self.url(CALL, &[number, "settings"])?;
        let make = || call!("provider.meta.settings", Method::GET, url.clone());
        read(self.send(number, Repeat::Safe, make).await?, CALL)
    }

    /// `POST /{number}/settings`; the same again changes nothing more, so it is repeated.
    pub async fn set_storage(
        &self,
        number: &str,
        storage: Storage<'_>,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.settings_edit";
        let url = self.url(CALL, &[number, "settings"])?;
        let configuration = match storage {
            Storage::Usual => json!({ "status": "DEFAULT" }),
            Storage::InCountry(country) => {
                json!({ "status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": country })
            }
        };
        let body = json!({ "storage_configuration": configuration });
        let make = || call!("provider.meta.settings_edit", Method::POST, url.clone()).json(&body);
        done(self.send(number, Repeat::Safe, make).await?, CALL)
    }

    /// `POST /{number}` with a PIN: sets or changes the PIN of the number.
    pub async fn set_pin(&self, number: &str, pin: &SecretString) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.pin_edit";
        let url = self.url(CALL, &[number])?;
        let body = json!({ "pin": pin.expose_secret() });
        let make =
            || call!("provider.meta.pin_edit", Method::POST, url.clone()).hiding(pin).json(&body);
        done(self.send(number, Repeat::Safe, make).await?, CALL)
    }
}
