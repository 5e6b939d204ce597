use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{
    api::{Fields, Repeat},
    call,
    error::{Provider, ProviderError},
    meta::Api,
};

/// A company's token (a business integration system-user token), or a new one of our own.
#[derive(Debug, Clone)]
pub struct BusinessToken {
    /// Opaque, of any length.
    pub access_token: SecretString,
    /// How many seconds it lasts; `None`: not told, so `debug_token` is to be asked.
    pub expires_in: Option<i64>,
}

/// `https://developers.facebook.com/docs/whatsapp/embedded-signup/implementation`.
impl Api {
    /// `GET /oauth/access_token` with the code of Embedded Signup, within 30 seconds of it.
    ///
    /// Never repeated: a code works once. Code 100 means that the company starts anew.
    pub async fn exchange_code(&self, code: &SecretString) -> Result<BusinessToken, ProviderError> {
        const CALL: &str = "provider.meta.exchange_code";
        let url = self.url(CALL, &["oauth", "access_token"])?;
        let (id, secret) = self.app(CALL)?;
        let make = || {
            call!("provider.meta.exchange_code", Method::GET, url.clone())
                .query("client_id", id)
                .secret_query("client_secret", secret)
                .secret_query("code", code)
        };
        let answer = self.send_bare(Repeat::Never, make).await?.into_value();
        token(&answer, CALL)
    }

    /// `GET /oauth/access_token?grant_type=fb_exchange_token`: a system-user token of another 60 days for one that is
    /// valid. Whether it does the same for a company's token is not certain.
    pub async fn refresh_token(
        &self,
        token_now: &SecretString,
    ) -> Result<BusinessToken, ProviderError> {
        const CALL: &str = "provider.meta.refresh_token";
        let url = self.url(CALL, &["oauth", "access_token"])?;
        let (id, secret) = self.app(CALL)?;
        let make = || {
            call!("provider.meta.refresh_token", Method::GET, url.clone())
                .query("grant_type", "fb_exchange_token")
                .query("client_id", id)
                .query("set_token_expires_in_60_days", "true")
                .secret_query("client_secret", secret)
                .secret_query("fb_exchange_token", token_now)
        };
        let answer = self.send_bare(Repeat::Safe, make).await?.into_value();
        token(&answer, CALL)
    }
}

/// `access_token`; `business_token` is what the documentation's prose calls it.
fn token(answer: &Value, call: &'static str) -> Result<BusinessToken, ProviderError> {
    let fields = Fields(answer);
    let token = fields.text("/access_token").or_else(|| fields.text("/business_token"));
    let token = token.map(|token| SecretString::from(String::from(token)));
    let Some(access_token) = token.filter(|token| !token.expose_secret().is_empty()) else {
        return Err(ProviderError::unexpected(Provider::Meta, call));
    };
    Ok(BusinessToken { access_token, expires_in: fields.integer("/expires_in") })
}
