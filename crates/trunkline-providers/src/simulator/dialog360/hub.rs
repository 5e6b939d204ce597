use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What 360dialog holds; everything by its id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hub {
    /// Partners.
    pub partners: BTreeMap<String, Partner>,
    /// Clients.
    pub clients: BTreeMap<String, Client>,
    /// Channels.
    pub channels: BTreeMap<String, Channel>,
    /// WABA accounts, as channels show them.
    pub waba_accounts: BTreeMap<String, Map<String, Value>>,
    /// Templates.
    pub templates: BTreeMap<String, Template>,
    /// Bearer tokens, with the partner and the end of each.
    pub tokens: BTreeMap<String, (String, Timestamp)>,
    /// How long a bearer token lives, in seconds; a day when 0.
    pub token_seconds: i64,
    /// What is not certain of the provider, or differs from day to day.
    pub habits: Habits,
    /// For so many seconds after it was made a channel shows neither its number nor its name.
    pub late_fields_seconds: i64,
}

/// What is not certain of the provider, or differs from day to day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Habits {
    /// `GET …/api_keys` shows the keys, instead of masking them.
    pub shows_keys: bool,
    /// Events about channels hold a few flat fields instead of the channel.
    pub flat_events: bool,
    /// Events come in arrays.
    pub events_in_arrays: bool,
    /// A partner may make 5 calls in 30 seconds.
    pub limits_calls: bool,
}

/// A partner.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Partner {
    /// Keys of the Partner API.
    pub api_keys: Vec<String>,
    /// Users of the Partner Hub with their passwords, for bearer tokens.
    pub users: BTreeMap<String, String>,
    /// Bearer tokens are switched off.
    pub refuses_tokens: bool,
    /// Signs partner webhooks and links of onboarding.
    pub platform_secret: String,
    /// Sent along with partner webhooks.
    pub webhook_headers: BTreeMap<String, String>,
    /// Links of onboarding must be signed.
    pub requires_signed_links: bool,
    /// When calls were made, for the limit.
    #[serde(skip)]
    pub(crate) calls: Vec<Timestamp>,
    /// Signatures of links that were used.
    pub used_signatures: Vec<String>,
    /// What the Partner API shows beside the id.
    pub fields: Map<String, Value>,
}

/// A client.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// Its partner.
    pub partner: String,
    /// What the Partner API shows beside the id.
    pub fields: Map<String, Value>,
}

/// A channel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    /// Its client.
    pub client: String,
    /// Its WABA account.
    pub waba_account: String,
    /// The partner may make keys.
    pub permitted: bool,
    /// Messaging keys; the last one works.
    pub keys: Vec<Key>,
    /// Where messages go.
    pub webhook: Option<NumberWebhook>,
    /// More places where messages go, as `multi_webhook` shows them.
    pub destinations: Vec<Value>,
    /// When it was made, for late fields.
    pub made_at: Option<Timestamp>,
    /// What the Partner API shows beside the id.
    pub fields: Map<String, Value>,
}

/// A messaging key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The key.
    pub api_key: String,
}

/// Where a channel's messages go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberWebhook {
    /// The URL.
    pub url: String,
    /// Sent along with each webhook.
    pub headers: BTreeMap<String, String>,
}

/// A message template.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Template {
    /// Its WABA account.
    pub waba_account: String,
    /// What the Partner API shows beside the id.
    pub fields: Map<String, Value>,
}

impl Hub {
    pub(crate) fn partner_document(&self, id: &str) -> Value {
        let mut document = json!({
            "id": id,
            "brand_name": "",
            "payment_required": true,
            "payment_plan": {},
            "logo_url": null,
            "onboarding_deeplink_add_params": false,
            "webhook_url": null,
            "partner_redirect_url": null,
            "country": "DE",
            "blocked_new_submission": false,
            "allow_client_to_add_phone_no": true,
            "settings": {},
            "publishable_key": null,
        });
        overlay(&mut document, self.partners.get(id).map(|partner| &partner.fields));
        document
    }

    pub(crate) fn client_document(&self, id: &str) -> Value {
        let mut document = json!({
            "id": id,
            "name": "",
            "status": "active",
            "max_channels": 10,
            "meta_info": {},
            "contact_info": {},
            "contact_user": {},
            "partner_payload": null,
            "created_at": null,
            "modified_at": null,
            "suspicious": false,
        });
        overlay(&mut document, self.clients.get(id).map(|client| &client.fields));
        document
    }

    pub(crate) fn channel_document(&self, id: &str, now: Timestamp) -> Value {
        let mut document = json!({
            "id": id,
            "client_id": null,
            "external_id": null,
            "type": "waba",
            "version": 2,
            "status": "created",
            "account_mode": "sandbox",
            "hub_status": "live",
            "availability_status": "ready",
            "current_limit": null,
            "current_quality_rating": null,
            "is_oba": false,
            "has_inbox": false,
            "is_migrated": false,
            "is_on_biz_app": false,
            "created_at": null,
            "modified_at": null,
            "billing_started_at": null,
            "terminated_at": null,
            "cancelled_at": null,
        });
        let Some(channel) = self.channels.get(id) else { return document };
        overlay(&mut document, Some(&channel.fields));
        document["client_id"] = channel.client.clone().into();
        let client = self.client_document(&channel.client);
        document["client"] = json!({
            "id": channel.client,
            "name": client["name"],
            "partner_payload": client["partner_payload"],
            "contact_info": {"email": client["contact_info"]["email"]},
        });
        let mut account =
            self.waba_accounts.get(&channel.waba_account).cloned().unwrap_or_default();
        account.insert("id".into(), channel.waba_account.clone().into());
        document["waba_account"] = account.into();
        if self.is_late(channel, now)
            && let Some(setup) = document.get_mut("setup_info").and_then(Value::as_object_mut)
        {
            setup.insert("phone_number".into(), Value::Null);
            setup.insert("phone_name".into(), Value::Null);
        }
        document
    }

    fn is_late(&self, channel: &Channel, now: Timestamp) -> bool {
        channel
            .made_at
            .is_some_and(|made| now.duration_since(made).as_secs() < self.late_fields_seconds)
    }
}

fn overlay(document: &mut Value, fields: Option<&Map<String, Value>>) {
    for (name, value) in fields.into_iter().flatten() {
        document[name] = value.clone();
    }
}
