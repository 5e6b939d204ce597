//! Twilio (`https://www.twilio.com/docs/usage/api`).

mod api;
mod check;
mod credentials;
pub(crate) mod errors;
mod facts;
mod sender_edits;
mod senders;
mod signature;
mod subaccounts;

use reqwest::Url;
use secrecy::SecretString;

pub use api::Api;
pub use check::check;
pub use sender_edits::{NewSender, SenderWebhook};
pub use senders::{Quality, Sender, SenderStatus};
pub use signature::{
    Algorithm, SETTINGS_HEADER, SIGNATURE_HEADER, SignedRequest, is_signed, is_signed_by,
    shared_key,
};
pub use subaccounts::{AccountStatus, Subaccount};

/// Where accounts are.
pub const BASE_URL: &str = "https://api.twilio.com";

/// Where WhatsApp senders are.
pub const MESSAGING_URL: &str = "https://messaging.twilio.com";

/// A partner account at Twilio: the parent of its companies' subaccounts.
#[derive(Debug, Clone)]
pub struct Account {
    /// In place of [`BASE_URL`].
    pub base_url: Option<Url>,
    /// In place of [`MESSAGING_URL`]; `None` with a `base_url` given means that same place.
    pub messaging_url: Option<Url>,
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// Signs webhooks, and signs in.
    pub auth_token: Option<SecretString>,
    /// `SK` and 32 hexadecimal digits.
    pub api_key_sid: Option<String>,
    /// Belongs to the key.
    pub api_key_secret: Option<SecretString>,
}

impl Account {
    /// An account of which only the SID is known yet.
    pub fn new(account_sid: impl Into<String>) -> Self {
        Self {
            base_url: None,
            messaging_url: None,
            account_sid: account_sid.into(),
            auth_token: None,
            api_key_sid: None,
            api_key_secret: None,
        }
    }
}
