//! 360dialog, the Partner API (`https://docs.360dialog.com/partner/partner-api/overview`).

mod api;
mod balance;
mod channel_keys;
mod channels;
mod check;
mod clients;
pub(crate) mod errors;
mod facts;
mod lifecycle;
mod number_webhook;
mod partner;
mod signature;
mod templates;
mod words;

use reqwest::Url;
use secrecy::SecretString;

pub use api::{Api, MESSAGING, MESSAGING_URL, Page};
pub use balance::{Balance, ClientBalance};
pub use channel_keys::{ChannelKey, ListedKey};
pub use channels::Channel;
pub use check::check;
pub use clients::{Client, ClientEdit};
pub use number_webhook::NumberWebhook;
pub use partner::{Partner, PartnerEdit};
pub use signature::{SIGNATURE_HEADER, is_signed};
pub use words::{AccountMode, Availability, ChannelState, ClientState, HubStatus, Limit, Quality};

/// Where the Partner API is, by the provider's overview page.
pub const BASE_URL: &str = "https://hub.360dialog.io/api/v2";

/// A partner account at 360dialog.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where the Partner API is, up to and with the version; `None` for [`BASE_URL`].
    pub base_url: Option<Url>,
    /// Ends in `PA`, says the overview page; shown in the Partner Hub.
    pub partner_id: String,
    /// The Partner API key, sent as `X-API-Key`.
    pub api_key: Option<SecretString>,
    /// Signs partner webhooks.
    pub platform_secret: Option<SecretString>,
    /// Where we want partner webhooks to arrive; compared with what is registered.
    pub webhook_url: Option<Url>,
}

impl Account {
    /// An account of which only the id is known yet.
    pub fn new(partner_id: impl Into<String>) -> Self {
        Self {
            base_url: None,
            partner_id: partner_id.into(),
            api_key: None,
            platform_secret: None,
            webhook_url: None,
        }
    }
}
