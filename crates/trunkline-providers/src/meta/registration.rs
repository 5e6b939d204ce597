use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    api::Repeat,
    call,
    error::ProviderError,
    meta::{Api, api::done},
};

/// With what the names of the budgets of registrations begin, one for each number: what Meta refuses there it does not
/// refuse to whoever reads the number.
pub const REGISTRATION: &str = "registration:";

/// How the code comes to the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeMethod {
    /// By text.
    Sms,
    /// By a call.
    Voice,
}

impl CodeMethod {
    /// Meta's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Voice => "VOICE",
        }
    }
}

/// None of these is repeated: each counts against a quota, or sends somebody a code. All are to be journalled
/// before they are sent.
impl Api {
    /// `POST /{number}/register`: the number can send. `pin` is six digits: the number's own where it has one.
    ///
    /// Ten in 72 hours, with [`Api::deregister`]: then code 133016
    /// (`https://developers.facebook.com/docs/whatsapp/cloud-api/reference/registration`).
    pub async fn register(&self, number: &str, pin: &SecretString) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.register";
        let url = self.url(CALL, &[number, "register"])?;
        let body = json!({ "messaging_product": "whatsapp", "pin": pin.expose_secret() });
        let make =
            || call!("provider.meta.register", Method::POST, url.clone()).hiding(pin).json(&body);
        done(self.send(&registration(number), Repeat::Never, make).await?, CALL)
    }

    /// `POST /{number}/deregister`: the number no longer sends. Not for numbers in the WhatsApp Business app.
    pub async fn deregister(&self, number: &str) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.deregister";
        let url = self.url(CALL, &[number, "deregister"])?;
        let make = || call!("provider.meta.deregister", Method::POST, url.clone());
        done(self.send(&registration(number), Repeat::Never, make).await?, CALL)
    }

    /// `POST /{number}/request_code`: the company gets a code. `language` as `en_US`.
    pub async fn request_code(
        &self,
        number: &str,
        method: CodeMethod,
        language: &str,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.request_code";
        let url = self.url(CALL, &[number, "request_code"])?;
        let body = json!({ "code_method": method.as_str(), "language": language });
        let make = || call!("provider.meta.request_code", Method::POST, url.clone()).json(&body);
        done(self.send(number, Repeat::Never, make).await?, CALL)
    }

    /// `POST /{number}/verify_code`: the company got this code.
    pub async fn verify_code(
        &self,
        number: &str,
        code: &SecretString,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.meta.verify_code";
        let url = self.url(CALL, &[number, "verify_code"])?;
        let body = json!({ "code": code.expose_secret() });
        let make = || {
            call!("provider.meta.verify_code", Method::POST, url.clone()).hiding(code).json(&body)
        };
        done(self.send(number, Repeat::Never, make).await?, CALL)
    }
}

fn registration(number: &str) -> String {
    format!("{REGISTRATION}{number}")
}
