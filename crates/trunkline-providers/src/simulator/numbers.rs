//! Numbers that work, put into a world at each provider.

use jiff::Timestamp;
use serde_json::json;
use trunkline_core::Provider;

use crate::simulator::{
    Sample, World,
    dialog360::{Channel, Client, Key},
    meta::{Account, Business, Number, Token, TokenKind},
    sample::object,
    twilio::{Sender, TwilioAccount},
};

/// A number that works, under the sample's partner accounts.
#[derive(Debug, Clone)]
pub struct SampleNumber {
    /// Meta's WABA id, 360dialog's client id, Twilio's account SID.
    pub client: String,
    /// Meta's phone number id, 360dialog's channel id, Twilio's sender SID.
    pub channel: String,
    /// The phone number.
    pub digits: String,
    /// The display name.
    pub name: String,
    /// `GREEN`, `YELLOW`, `RED`.
    pub quality: &'static str,
    /// `TIER_250`, …, as Meta names it.
    pub tier: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// The template that every account has.
const TEMPLATE: &str = "order_confirmation";

impl World {
    /// Adds a number at Meta, shared with the partner, whose app is subscribed to it.
    pub fn add_to_meta(&mut self, number: &SampleNumber) {
        let SampleNumber { client, channel, name, quality, .. } = number;
        let business = format!("{client}0");
        let limit = number.tier.to_owned();
        let verification_status = "verified".to_owned();
        self.meta.businesses.insert(
            business.clone(),
            Business { name: name.clone(), verification_status, messaging_limit: limit },
        );
        let fields = json!({
            "name": name, "currency": "EUR", "timezone_id": "47", "country": "DE",
            "message_template_namespace": format!("simulated_{client}"),
            "account_review_status": "APPROVED", "ownership_type": "CLIENT_OWNED", "status": "ACTIVE",
            "creation_time": number.since.as_second(),
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        });
        let template = json!({"id": format!("{client}1"), "name": TEMPLATE, "language": "en_US",
            "status": "APPROVED", "category": "UTILITY", "parameter_format": "POSITIONAL",
            "components": [{"type": "BODY", "text": "Your order {{1}} is on its way."}]});
        self.meta.accounts.insert(
            client.clone(),
            Account {
                business,
                shared_with: vec![Sample::META_BUSINESS.to_owned()],
                subscribed_apps: [(Sample::META_APP.to_owned(), None)].into(),
                fields: object(fields),
                templates: vec![template],
            },
        );
        let fields = json!({
            "verified_name": name, "display_phone_number": format!("+{}", number.digits),
            "quality_rating": quality, "quality_score": {"score": quality}, "status": "CONNECTED",
            "code_verification_status": "VERIFIED", "name_status": "APPROVED", "new_name_status": "NONE",
            "platform_type": "CLOUD_API", "throughput": {"level": "STANDARD"}, "account_mode": "LIVE",
            "is_official_business_account": false, "is_on_biz_app": false, "is_preverified_number": false,
            "search_visibility": "NON_VISIBLE", "last_onboarded_time": number.since.to_string(),
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        });
        self.meta.numbers.insert(
            channel.clone(),
            Number {
                account: client.clone(),
                fields: object(fields),
                pin: Some("000000".to_owned()),
                ..Number::default()
            },
        );
    }

    /// Lets a number that was added be used with a credential: the company's token, the channel's key, the subaccount's token.
    pub fn admit(&mut self, provider: Provider, number: &SampleNumber, credential: &str) {
        match provider {
            Provider::Meta => {
                let permissions = ["whatsapp_business_management", "whatsapp_business_messaging"];
                let token = Token {
                    kind: TokenKind::Business,
                    app: Sample::META_APP.to_owned(),
                    scopes: permissions.map(str::to_owned).to_vec(),
                    ..Token::default()
                };
                let token = self.meta.tokens.entry(credential.to_owned()).or_insert(token);
                token.accounts.push(number.client.clone());
            }
            Provider::Dialog360 => {
                if let Some(channel) = self.dialog360.channels.get_mut(&number.channel) {
                    let (id, api_key) = (format!("{}KEY", number.channel), credential.to_owned());
                    channel.keys.push(Key { id, api_key });
                }
            }
            Provider::Twilio => {
                if let Some(account) = self.twilio.accounts.get_mut(&number.client) {
                    credential.clone_into(&mut account.auth_token);
                }
            }
        }
    }

    /// Adds a channel at 360dialog, of which the partner may make keys.
    pub fn add_to_dialog360(&mut self, number: &SampleNumber) {
        let SampleNumber { client, channel, name, .. } = number;
        let account = format!("{}WA", client.trim_end_matches("CL"));
        let since = number.since.to_string();
        let fields = json!({"name": name, "organisation": name, "created_at": since, "modified_at": since,
            "contact_info": {"email": format!("{client}@example.com"), "country": "DE", "language": "en"}});
        let partner = Sample::DIALOG360_PARTNER.to_owned();
        let made = Client { partner, fields: object(fields) };
        self.dialog360.clients.insert(client.clone(), made);
        let waba = json!({"external_id": format!("11{}", number.digits), "status": "approved",
            "namespace": format!("simulated_{client}"), "fb_business_id": format!("12{}", number.digits),
            "fb_account_status": "verified"});
        self.dialog360.waba_accounts.insert(account.clone(), object(waba));
        let quality = match number.quality {
            "GREEN" => "High",
            "YELLOW" => "Medium",
            _ => "Low",
        };
        let fields = json!({"status": "ready", "account_mode": "live", "hub_status": "live",
            "external_id": format!("13{}", number.digits), "current_limit": number.tier,
            "current_quality_rating": quality, "created_at": since, "modified_at": since,
            "billing_started_at": since, "integration": {"enabled": true, "app_id": "app", "state": "running"},
            "setup_info": {"phone_number": number.digits, "phone_name": name, "was_in_use": false,
                "ivr": false, "verification_method": "sms", "default_language": "en"}});
        self.dialog360.channels.insert(
            channel.clone(),
            Channel {
                client: client.clone(),
                waba_account: account,
                permitted: true,
                fields: object(fields),
                ..Channel::default()
            },
        );
    }

    /// Adds a sender at Twilio, in the partner's account or in a subaccount of it.
    pub fn add_to_twilio(&mut self, number: &SampleNumber) {
        let SampleNumber { client, channel, name, .. } = number;
        self.twilio.accounts.entry(client.clone()).or_insert_with(|| TwilioAccount {
            owner: Sample::TWILIO_ACCOUNT.to_owned(),
            auth_token: format!("simulated-token-of-{client}"),
            friendly_name: name.clone(),
            status: "active".to_owned(),
            date_created: "Thu, 1 Jan 2026 00:00:00 +0000".to_owned(),
            ..TwilioAccount::default()
        });
        let quality = match number.quality {
            "GREEN" => "HIGH",
            "YELLOW" => "MEDIUM",
            _ => "LOW",
        };
        let limit = match number.tier {
            "TIER_250" => "250 Customers/24hr",
            "TIER_2K" => "2K Customers/24hr",
            "TIER_10K" => "10K Customers/24hr",
            "TIER_100K" => "100K Customers/24hr",
            _ => "Unlimited",
        };
        let fields = json!({"sender_id": format!("whatsapp:+{}", number.digits),
            "configuration": {"waba_id": format!("14{}", number.digits)},
            "webhook": {"callback_url": null, "callback_method": "POST", "status_callback_url": null,
                "status_callback_method": "POST"},
            "profile": {"name": name},
            "properties": {"quality_rating": quality, "messaging_limit": limit}});
        let status = "ONLINE".to_owned();
        let sender =
            Sender { account: client.clone(), status, fields: object(fields), ..Sender::default() };
        self.twilio.senders.insert(channel.clone(), sender);
    }
}
