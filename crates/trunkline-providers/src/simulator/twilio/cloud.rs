use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What Twilio holds; everything by its SID.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cloud {
    /// Accounts and subaccounts.
    pub accounts: BTreeMap<String, TwilioAccount>,
    /// WhatsApp senders.
    pub senders: BTreeMap<String, Sender>,
    /// Messages, as the API shows them.
    pub messages: BTreeMap<String, Value>,
    /// Templates, as the API shows them.
    pub contents: BTreeMap<String, Value>,
    /// The newer APIs answer errors as problem+json (RFC 9457).
    pub problem_details: bool,
    /// A parent's credentials do not reach a subaccount's senders.
    pub senders_need_own_credentials: bool,
}

/// An account, or a subaccount.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioAccount {
    /// The parent; empty for a parent itself.
    pub owner: String,
    /// Signs in and signs webhooks.
    pub auth_token: String,
    /// Signs webhooks instead, where there is one.
    pub shared_key: Option<SharedKey>,
    /// Keys with their secrets; those of `main_keys` may read accounts.
    pub api_keys: BTreeMap<String, String>,
    /// The keys that may do everything.
    pub main_keys: Vec<String>,
    /// `friendly_name`.
    pub friendly_name: String,
    /// `active`, `suspended`, `closed`.
    pub status: String,
    /// `Trial`, `Full`.
    pub kind: String,
    /// `date_created`.
    pub date_created: String,
}

/// A key that signs webhooks, which the settings of their signature name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// Its id.
    pub sid: String,
    /// What it signs with.
    pub secret: String,
    /// `HMAC_SHA256`, else `HMAC_SHA1`.
    pub algorithm: String,
}

/// A WhatsApp sender.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sender {
    /// The account that it belongs to.
    pub account: String,
    /// `ONLINE`.
    pub status: String,
    /// What the API shows beside SID, status and URL.
    pub fields: Map<String, Value>,
    /// The number is Twilio's, so no code is asked for.
    pub owned_by_twilio: bool,
    /// A review stands between code and `ONLINE`.
    pub is_reviewed: bool,
}
