use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What Meta holds; everything by its id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Graph {
    /// Apps of partners.
    pub apps: BTreeMap<String, App>,
    /// Business portfolios, of partners and of their companies.
    pub businesses: BTreeMap<String, Business>,
    /// WhatsApp Business Accounts.
    pub accounts: BTreeMap<String, Account>,
    /// Business phone numbers.
    pub numbers: BTreeMap<String, Number>,
    /// Access tokens, by the token.
    pub tokens: BTreeMap<String, Token>,
    /// Codes of Embedded Signup, by the code.
    pub codes: BTreeMap<String, Code>,
    /// What `x-business-use-case-usage` says, by account.
    pub usage: BTreeMap<String, Usage>,
    /// A bad token is answered 400 instead of 401, as most of Meta's errors are.
    pub bad_token_is_400: bool,
    /// `debug_token` leaves `target_ids` out, as when a permission holds for all assets.
    pub without_target_ids: bool,
}

/// An app.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Signs webhooks, proves calls.
    pub secret: String,
    /// The portfolio that owns it.
    pub business: String,
    /// Where webhooks go; `None` until it is set.
    pub callback: Option<Callback>,
    /// Calls need `appsecret_proof`.
    pub requires_proof: bool,
}

/// Where an app's webhooks go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callback {
    /// The callback URL.
    pub url: String,
    /// Sent in the handshake.
    pub verify_token: String,
    /// The subscribed fields; all of them when empty.
    pub fields: Vec<String>,
}

/// A business portfolio.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Business {
    /// Its name.
    pub name: String,
    /// `verified`.
    pub verification_status: String,
    /// `TIER_250`, shared by all its numbers; `TIER_NOT_SET` when empty.
    pub messaging_limit: String,
}

/// A WhatsApp Business Account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// The portfolio that owns it.
    pub business: String,
    /// Partners' portfolios that it is shared with.
    pub shared_with: Vec<String>,
    /// Apps that receive its webhooks, with an override of the callback URL.
    pub subscribed_apps: BTreeMap<String, Option<Override>>,
    /// What the Graph API shows beside the id.
    pub fields: Map<String, Value>,
    /// Message templates, as the Graph API shows them.
    pub templates: Vec<Value>,
}

/// A callback URL in place of the app's, for webhooks of messages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Override {
    /// The callback URL.
    pub url: String,
    /// Sent in the handshake.
    pub verify_token: String,
}

/// A business phone number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Number {
    /// The WhatsApp Business Account that it belongs to.
    pub account: String,
    /// What the Graph API shows beside the id.
    pub fields: Map<String, Value>,
    /// The two-step verification PIN, once it is set.
    pub pin: Option<String>,
    /// Wrong PINs in a row.
    pub wrong_pins: u32,
    /// The code that was sent to the phone; `None` when none was asked for.
    pub code: Option<String>,
    /// When it was registered or deregistered.
    pub registrations: Vec<Timestamp>,
    /// A callback URL of its own.
    pub callback: Option<Override>,
    /// The kinds of synchronisation that were asked for.
    pub synchronised: Vec<String>,
    /// The business profile.
    pub profile: Map<String, Value>,
    /// `settings`.
    pub settings: Map<String, Value>,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A system user's of a partner: it reaches what is the portfolio's or shared with it.
    #[default]
    SystemUser,
    /// A customer's, from Embedded Signup: it reaches the accounts that were chosen.
    Business,
}

/// An access token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Token {
    /// Whose it is.
    pub kind: TokenKind,
    /// The app that it was made for.
    pub app: String,
    /// The portfolio of the system user.
    pub business: String,
    /// The permissions.
    pub scopes: Vec<String>,
    /// The accounts that a customer chose, the newest first.
    pub accounts: Vec<String>,
    /// When it ends; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// No longer good, with the subcode of the error that says so: 460 password changed, 467 invalidated.
    pub revoked: Option<u32>,
}

/// A code of Embedded Signup.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The token that it is exchanged for.
    pub token: Token,
    /// How long that token lives, in seconds; `None`: without end.
    pub token_seconds: Option<i64>,
    /// When it ends: 30 seconds after it was made.
    pub expires_at: Timestamp,
    /// It was exchanged.
    pub used: bool,
}

/// What the usage header says.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Per cent of what is allowed.
    pub call_count: u32,
    /// `estimated_time_to_regain_access`.
    pub minutes_to_regain_access: u32,
}

impl Graph {
    /// What the Graph API shows of a WhatsApp Business Account.
    pub(crate) fn account_document(&self, id: &str) -> Map<String, Value> {
        let Some(account) = self.accounts.get(id) else { return Map::new() };
        let mut document = account.fields.clone();
        document.insert("id".into(), id.into());
        if let Some(business) = self.businesses.get(&account.business) {
            let owner = serde_json::json!({"id": account.business, "name": business.name});
            document.insert("owner_business_info".into(), owner);
            document
                .entry("business_verification_status")
                .or_insert_with(|| business.verification_status.clone().into());
            document.insert(LIMIT.into(), business.limit().into());
        }
        document
    }

    /// What the Graph API shows of a number.
    pub(crate) fn number_document(&self, id: &str) -> Map<String, Value> {
        let Some(number) = self.numbers.get(id) else { return Map::new() };
        let mut document = number.fields.clone();
        document.insert("id".into(), id.into());
        document.insert("is_pin_enabled".into(), number.pin.is_some().into());
        let account = self.accounts.get(&number.account);
        if let Some(business) = account.and_then(|account| self.businesses.get(&account.business)) {
            document.insert(LIMIT.into(), business.limit().into());
        }
        let mut callbacks = Map::new();
        let mut put = |name: &str, url: Option<&str>| {
            if let Some(url) = url {
                callbacks.insert(name.into(), url.into());
            }
        };
        put("phone_number", number.callback.as_ref().map(|own| own.url.as_str()));
        let subscribed = account.into_iter().flat_map(|account| &account.subscribed_apps).next();
        if let Some((app, own)) = subscribed {
            put("whatsapp_business_account", own.as_ref().map(|own| own.url.as_str()));
            let app = self.apps.get(app).and_then(|app| app.callback.as_ref());
            put("application", app.map(|callback| callback.url.as_str()));
        }
        document.insert("webhook_configuration".into(), callbacks.into());
        document
    }
}

/// The field that shows the portfolio's limit on account and number.
const LIMIT: &str = "whatsapp_business_manager_messaging_limit";

impl Business {
    pub(crate) fn limit(&self) -> &str {
        if self.messaging_limit.is_empty() { "TIER_NOT_SET" } else { &self.messaging_limit }
    }
}
