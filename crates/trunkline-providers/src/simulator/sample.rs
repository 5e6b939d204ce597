//! A world to begin with: one partner account at each provider, and some companies' numbers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::simulator::{
    SampleNumber, World,
    dialog360::Partner,
    meta::{App, Business, Token, TokenKind},
    twilio::TwilioAccount,
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
    /// The custom header of webhooks of numbers.
    pub const DIALOG360_HEADER: &'static str = "X-Simulated-Webhook";
    /// Its value.
    pub const DIALOG360_HEADER_SECRET: &'static str = "simulated-header-secret";
    /// Twilio's account SID.
    pub const TWILIO_ACCOUNT: &'static str = "AC00000000000000000000000000000001";
    /// Twilio's auth token.
    pub const TWILIO_TOKEN: &'static str = "simulated-auth-token";
    /// Twilio's API key SID, of a main key.
    pub const TWILIO_KEY: &'static str = "SK00000000000000000000000000000001";
    /// Twilio's API key secret.
    pub const TWILIO_SECRET: &'static str = "simulated-api-key-secret";

    /// The partner accounts, as Trunkline takes them: provider, then fields with their values.
    pub const ACCOUNTS: [(&'static str, &'static [(&'static str, &'static str)]); 3] = [
        (
            "360dialog",
            &[
                ("partner_id", Self::DIALOG360_PARTNER),
                ("api_key", Self::DIALOG360_KEY),
                ("platform_secret", Self::DIALOG360_SECRET),
                ("webhook_header_name", Self::DIALOG360_HEADER),
                ("webhook_header_secret", Self::DIALOG360_HEADER_SECRET),
            ],
        ),
        (
            "meta",
            &[
                ("business_portfolio_id", Self::META_BUSINESS),
                ("app_id", Self::META_APP),
                ("app_secret", Self::META_SECRET),
                ("system_user_token", Self::META_TOKEN),
                ("login_configuration_id", Self::META_CONFIG),
            ],
        ),
        (
            "twilio",
            &[
                ("account_sid", Self::TWILIO_ACCOUNT),
                ("api_key_sid", Self::TWILIO_KEY),
                ("api_key_secret", Self::TWILIO_SECRET),
                ("auth_token", Self::TWILIO_TOKEN),
            ],
        ),
    ];
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
        sample.fill(&mut world);
        world
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

impl Sample {
    /// The companies' numbers, one at each provider.
    fn fill(self, world: &mut World) {
        for index in 0..self.companies {
            let at = usize::try_from(index).unwrap_or_default();
            let name = format!("{} {}", TRADES[at % TRADES.len()], index + 1);
            let id = |kind: u32| format!("1{kind:02}{:012}", u64::from(index) + 1);
            let digits = |provider: u32| format!("4930{provider}{:06}", 100_000 + index);
            let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
            let hours = SignedDuration::from_hours(i64::from(index));
            let number = SampleNumber {
                client: id(2),
                channel: id(3),
                digits: digits(1),
                name,
                quality: QUALITIES[at % QUALITIES.len()],
                tier: TIERS[at % TIERS.len()],
                since: begin.saturating_add(hours).unwrap_or(begin),
            };
            world.add_to_meta(&number);
            world.add_to_dialog360(&SampleNumber {
                client: format!("c{index:05}CL"),
                channel: format!("n{index:05}CH"),
                digits: digits(2),
                ..number.clone()
            });
            // Every other company has a subaccount; the others' senders are the partner's own.
            let account = if index.is_multiple_of(2) {
                Self::TWILIO_ACCOUNT.to_owned()
            } else {
                format!("AC{:032x}", u64::from(index) + 0x1000)
            };
            world.add_to_twilio(&SampleNumber {
                client: account,
                channel: format!("XE{:032x}", u64::from(index) + 1),
                digits: digits(3),
                ..number
            });
        }
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
