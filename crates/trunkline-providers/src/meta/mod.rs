//! Meta's Graph API (`https://developers.facebook.com/docs/graph-api`).

mod api;
mod application;
mod business;
mod check;
pub(crate) mod errors;
mod exchange_code;
mod facts;
mod inspection;
mod numbers;
mod registration;
mod settings;
mod shape;
mod signature;
mod subscriptions;
mod templates;
mod token;
mod version;
mod wabas;
mod words;

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

pub use api::Api;
pub use check::check;
pub use exchange_code::BusinessToken;
pub use inspection::{Inspection, Scope};
pub use numbers::PhoneNumber;
pub use registration::{CodeMethod, REGISTRATION};
pub use settings::{NumberSettings, Storage};
pub use signature::{SIGNATURE_HEADER, is_signed};
pub use subscriptions::{Override, SubscribedApp};
pub use token::{COMPANY_SCOPES, SCOPES};
pub use version::{DEFAULT_VERSION, Version};
pub use wabas::Waba;
pub use words::{CodeVerification, NameStatus, NumberStatus, Platform, Quality, Review, Tier};

/// Where the Graph API is.
pub const BASE_URL: &str = "https://graph.facebook.com";

/// A partner account at Meta: the app, and the business portfolio that it acts for.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where the Graph API is, without a version; `None` for [`BASE_URL`].
    pub base_url: Option<Url>,
    /// The Graph API version of every call.
    pub graph_version: String,
    /// Decimal digits.
    pub app_id: String,
    /// Signs webhooks and proves calls.
    pub app_secret: Option<SecretString>,
    /// The business portfolio id, decimal digits.
    pub business_id: String,
    /// The token of a system user of the portfolio.
    pub system_user_token: Option<SecretString>,
    /// The Facebook Login for Business configuration of Embedded Signup, decimal digits.
    pub config_id: Option<String>,
    /// Where we want webhooks to arrive; compared with what the app has registered.
    pub webhook_url: Option<Url>,
}

impl Account {
    /// An account of which only the ids are known yet, at the default version.
    pub fn new(app_id: impl Into<String>, business_id: impl Into<String>) -> Self {
        Self {
            base_url: None,
            graph_version: DEFAULT_VERSION.to_string(),
            app_id: app_id.into(),
            app_secret: None,
            business_id: business_id.into(),
            system_user_token: None,
            config_id: None,
            webhook_url: None,
        }
    }
}

/// The proof that a call with this token comes from the holder of the app secret: lower-case hex of
/// HMAC-SHA256, keyed by the secret
/// (`https://developers.facebook.com/docs/graph-api/guides/secure-requests`, `appsecret_proof`).
pub fn appsecret_proof(app_secret: &SecretString, token: &SecretString) -> SecretString {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.expose_secret().as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(token.expose_secret().as_bytes());
    let mut proof = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        // Writing to a string does not fail.
        let _ = write!(proof, "{byte:02x}");
    }
    proof.into()
}

/// The app's own token, as its id and secret are one (`https://developers.facebook.com/docs/facebook-login/guides/access-tokens`).
pub(crate) fn app_token(app_id: &str, app_secret: &SecretString) -> SecretString {
    format!("{app_id}|{}", app_secret.expose_secret()).into()
}
