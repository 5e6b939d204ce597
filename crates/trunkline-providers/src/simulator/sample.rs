//! A world to begin with: one partner account at each provider, and some companies' numbers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::simulator::{
    World,
    dialog360::{Channel, Client, Partner},
    meta::{Account, App, Business, Callback, Number, Token, TokenKind},
    twilio::{Sender, TwilioAccount},
};

/// The made-up partner accounts of the sample; their secrets guard nothing.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// So many companies, each with a number at 360dialog, at Meta and at Twilio.
    pub companies: u32,
}

impl Default for Sample {
    fn default() -> Self {
        Self { companies: 12 }
    }
}

impl Sample {
    /// Meta's app id.
    pub const META_APP: &'static str = "670843887433847";
    /// Meta's app secret.
    pub const META_SECRET: &'static str = "simulated-app-secret";
    /// Meta's business portfolio id of the partner.
    pub const META_BUSINESS: &'static str = "506914307656634";
    /// Meta's system-user token.
    pub const META_TOKEN: &'static str = "EAASIMULATEDSYSTEMUSERTOKEN";
    /// Meta's login configuration id.
    pub const META_CONFIG: &'static str = "1122334455667788";
    /// 360dialog's partner id.
    pub const DIALOG360_PARTNER: &'static str = "simul8PA";
    /// 360dialog's Partner API key.
    pub const DIALOG360_KEY: &'static str = "simulated-partner-api-key";
    /// 360dialog's platform secret.
    pub const DIALOG360_SECRET: &'static str = "simulated-platform-secret";
    /// Twilio's account SID.
    pub const TWILIO_ACCOUNT: &'static str = "AC00000000000000000000000000000001";
    /// Twilio's auth token.
    pub const TWILIO_TOKEN: &'static str = "simulated-auth-token";
    /// Twilio's API key SID, of a main key.
    pub const TWILIO_KEY: &'static str = "SK00000000000000000000000000000001";
    /// Twilio's API key secret.
    pub const TWILIO_SECRET: &'static str = "simulated-api-key-secret";
}

/// Where all that begins.
const BEGIN: i64 = 1_767_225_600;

const QUALITIES: [&str; 5] = ["GREEN", "GREEN", "GREEN", "YELLOW", "RED"];
const TIERS: [&str; 5] = ["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"];
const TRADES: [&str; 6] = ["Bakery", "Bicycles", "Books", "Flowers", "Furniture", "Opticians"];

impl World {
    /// The sample, the same for the same number of companies.
    pub fn sample(sample: &Sample) -> Self {
        let mut world = Self::default();
        partners(&mut world);
        for index in 0..sample.companies {
            let company = Company { index, at: usize::try_from(index).unwrap_or_default() };
            company.at_meta(&mut world);
            company.at_dialog360(&mut world);
            company.at_twilio(&mut world);
        }
        world
    }

    /// Sends the webhooks of the sample's partner accounts to these addresses: Meta's with a verify token, 360dialog's.
    pub fn send_webhooks_to(&mut self, meta: Option<(&str, &str)>, dialog360: Option<&str>) {
        if let (Some((url, token)), Some(app)) = (meta, self.meta.apps.get_mut(Sample::META_APP)) {
            let (url, verify_token) = (url.to_owned(), token.to_owned());
            app.callback = Some(Callback { url, verify_token, fields: Vec::new() });
        }
        let partner = self.dialog360.partners.get_mut(Sample::DIALOG360_PARTNER);
        if let (Some(url), Some(partner)) = (dialog360, partner) {
            partner.fields.insert("webhook_url".into(), url.into());
        }
    }
}

fn partners(world: &mut World) {
    let text = str::to_owned;
    world.meta.apps.insert(
        text(Sample::META_APP),
        App {
            name: text("Sample partner"),
            secret: text(Sample::META_SECRET),
            business: text(Sample::META_BUSINESS),
            ..App::default()
        },
    );
    world.meta.businesses.insert(
        text(Sample::META_BUSINESS),
        Business {
            name: text("Sample partner GmbH"),
            verification_status: text("verified"),
            messaging_limit: text("TIER_UNLIMITED"),
        },
    );
    world.meta.tokens.insert(
        text(Sample::META_TOKEN),
        Token {
            kind: TokenKind::SystemUser,
            app: text(Sample::META_APP),
            business: text(Sample::META_BUSINESS),
            scopes: [
                "business_management",
                "whatsapp_business_management",
                "whatsapp_business_messaging",
            ]
            .map(text)
            .to_vec(),
            ..Token::default()
        },
    );
    world.dialog360.partners.insert(
        text(Sample::DIALOG360_PARTNER),
        Partner {
            api_keys: vec![text(Sample::DIALOG360_KEY)],
            users: [(text("partner-user@example.com"), text("simulated-password"))].into(),
            platform_secret: text(Sample::DIALOG360_SECRET),
            fields: object(json!({"brand_name": "Sample partner"})),
            ..Partner::default()
        },
    );
    world.twilio.accounts.insert(
        text(Sample::TWILIO_ACCOUNT),
        TwilioAccount {
            auth_token: text(Sample::TWILIO_TOKEN),
            api_keys: [(text(Sample::TWILIO_KEY), text(Sample::TWILIO_SECRET))].into(),
            main_keys: vec![text(Sample::TWILIO_KEY)],
            friendly_name: text("Sample partner"),
            status: text("active"),
            date_created: text("Thu, 1 Jan 2026 00:00:00 +0000"),
            ..TwilioAccount::default()
        },
    );
}

struct Company {
    index: u32,
    at: usize,
}

impl Company {
    fn name(&self) -> String {
        format!("{} {}", TRADES[self.at % TRADES.len()], self.index + 1)
    }

    fn number(&self, provider: u32) -> String {
        format!("4930{provider}{:06}", 100_000 + self.index)
    }

    fn since(&self) -> Timestamp {
        let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
        begin.saturating_add(SignedDuration::from_hours(i64::from(self.index))).unwrap_or(begin)
    }

    fn quality(&self) -> &'static str {
        QUALITIES[self.at % QUALITIES.len()]
    }

    fn tier(&self) -> &'static str {
        TIERS[self.at % TIERS.len()]
    }

    /// An id of 15 digits: `kind` tells businesses, accounts and numbers apart.
    fn id(&self, kind: u32) -> String {
        format!("1{kind:02}{:012}", u64::from(self.index) + 1)
    }

    fn at_meta(&self, world: &mut World) {
        let (business, account, number) = (self.id(1), self.id(2), self.id(3));
        let limit = self.tier().to_owned();
        let verification_status = "verified".to_owned();
        world.meta.businesses.insert(
            business.clone(),
            Business { name: self.name(), verification_status, messaging_limit: limit },
        );
        let fields = json!({
            "name": self.name(), "currency": "EUR", "timezone_id": "47", "country": "DE",
            "message_template_namespace": format!("simulated_{:08}", self.index),
            "account_review_status": "APPROVED", "ownership_type": "CLIENT_OWNED", "status": "ACTIVE",
            "creation_time": self.since().as_second(),
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        });
        let template = json!({"id": self.id(4), "name": "order_confirmation", "language": "en_US",
            "status": "APPROVED", "category": "UTILITY", "parameter_format": "POSITIONAL",
            "components": [{"type": "BODY", "text": "Your order {{1}} is on its way."}]});
        world.meta.accounts.insert(
            account.clone(),
            Account {
                business,
                shared_with: vec![Sample::META_BUSINESS.to_owned()],
                subscribed_apps: [(Sample::META_APP.to_owned(), None)].into(),
                fields: object(fields),
                templates: vec![template],
            },
        );
        world.meta.numbers.insert(
            number,
            Number {
                account,
                fields: number_fields(&self.name(), &self.number(1), self.quality(), self.since()),
                pin: Some("000000".to_owned()),
                ..Number::default()
            },
        );
    }

    fn at_dialog360(&self, world: &mut World) {
        let (client, channel) = (format!("c{:05}CL", self.index), format!("n{:05}CH", self.index));
        let account = format!("w{:05}WA", self.index);
        let since = self.since().to_string();
        let fields = json!({"name": self.name(), "organisation": self.name(), "created_at": since,
            "modified_at": since, "contact_info": {"email": format!("owner{}@example.com", self.index),
            "country": "DE", "language": "en"}});
        let partner = Sample::DIALOG360_PARTNER.to_owned();
        world.dialog360.clients.insert(client.clone(), Client { partner, fields: object(fields) });
        let waba = json!({"external_id": self.id(5), "namespace": format!("simulated_{:08}", self.index),
            "fb_business_id": self.id(6), "status": "approved", "fb_account_status": "verified"});
        world.dialog360.waba_accounts.insert(account.clone(), object(waba));
        let quality = match self.quality() {
            "GREEN" => "High",
            "YELLOW" => "Medium",
            _ => "Low",
        };
        let fields = json!({"status": "ready", "account_mode": "live", "hub_status": "live",
            "external_id": self.id(7), "current_limit": self.tier(), "current_quality_rating": quality,
            "created_at": since, "modified_at": since, "billing_started_at": since,
            "setup_info": {"phone_number": self.number(2), "phone_name": self.name(), "was_in_use": false,
                "ivr": false, "verification_method": "sms", "default_language": "en"},
            "integration": {"enabled": true, "app_id": "app", "state": "running"}});
        world.dialog360.channels.insert(
            channel,
            Channel {
                client,
                waba_account: account,
                permitted: true,
                fields: object(fields),
                ..Channel::default()
            },
        );
    }

    fn at_twilio(&self, world: &mut World) {
        let account = format!("AC{:032x}", u64::from(self.index) + 0x1000);
        world.twilio.accounts.insert(
            account.clone(),
            TwilioAccount {
                owner: Sample::TWILIO_ACCOUNT.to_owned(),
                auth_token: format!("simulated-auth-token-{}", self.index),
                friendly_name: self.name(),
                status: "active".to_owned(),
                date_created: "Thu, 1 Jan 2026 00:00:00 +0000".to_owned(),
                ..TwilioAccount::default()
            },
        );
        let quality = match self.quality() {
            "GREEN" => "HIGH",
            "YELLOW" => "MEDIUM",
            _ => "LOW",
        };
        let limit = match self.tier() {
            "TIER_250" => "250 Customers/24hr",
            "TIER_2K" => "2K Customers/24hr",
            "TIER_10K" => "10K Customers/24hr",
            "TIER_100K" => "100K Customers/24hr",
            _ => "Unlimited",
        };
        let fields = json!({"sender_id": format!("whatsapp:+{}", self.number(3)),
            "configuration": {"waba_id": self.id(8)},
            "webhook": {"callback_url": null, "callback_method": "POST", "status_callback_url": null,
                "status_callback_method": "POST"},
            "profile": {"name": self.name()},
            "properties": {"quality_rating": quality, "messaging_limit": limit}});
        let sid = format!("XE{:032x}", u64::from(self.index) + 1);
        let status = "ONLINE".to_owned();
        world
            .twilio
            .senders
            .insert(sid, Sender { account, status, fields: object(fields), ..Sender::default() });
    }
}

/// A number that works, as the Graph API shows it.
fn number_fields(name: &str, digits: &str, quality: &str, since: Timestamp) -> Map<String, Value> {
    object(json!({
        "verified_name": name, "display_phone_number": format!("+{digits}"), "quality_rating": quality,
        "quality_score": {"score": quality}, "status": "CONNECTED", "code_verification_status": "VERIFIED",
        "name_status": "APPROVED", "new_name_status": "NONE", "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"}, "account_mode": "LIVE", "is_official_business_account": false,
        "is_on_biz_app": false, "is_preverified_number": false, "search_visibility": "NON_VISIBLE",
        "last_onboarded_time": since.to_string(),
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
