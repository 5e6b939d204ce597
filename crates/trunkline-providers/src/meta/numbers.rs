use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading, Repeat, Word},
    call,
    error::ProviderError,
    meta::{
        Api, CodeVerification, NameStatus, NumberStatus, Platform, Quality, Tier,
        api::{read, with_fields},
    },
};

/// What is asked of a number, in one call.
const FIELDS: [&str; 19] = [
    "id",
    "display_phone_number",
    "verified_name",
    "quality_rating",
    "quality_score",
    "status",
    "code_verification_status",
    "name_status",
    "new_name_status",
    "platform_type",
    "throughput",
    "whatsapp_business_manager_messaging_limit",
    "account_mode",
    "is_official_business_account",
    "is_on_biz_app",
    "is_pin_enabled",
    "last_onboarded_time",
    "webhook_configuration",
    "health_status",
];

/// A business phone number
/// (`https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Decimal digits.
    pub id: Box<str>,
    /// As people write it: `+1 631-555-5555`.
    pub display_phone_number: Option<Box<str>>,
    /// The name that people see.
    pub verified_name: Option<Box<str>>,
    /// What it can do.
    pub status: Option<Word<NumberStatus>>,
    /// Its quality rating.
    pub quality_rating: Option<Word<Quality>>,
    /// The portfolio's messaging limit.
    pub messaging_limit: Option<Word<Tier>>,
    /// The number's own messaging limit, in versions that still tell it.
    pub messaging_limit_tier: Option<Word<Tier>>,
    /// Whether the company has shown that it is its own.
    pub code_verification_status: Option<Word<CodeVerification>>,
    /// How its name stands.
    pub name_status: Option<Word<NameStatus>>,
    /// How its new name stands.
    pub new_name_status: Option<Word<NameStatus>>,
    /// Where it is registered.
    pub platform_type: Option<Word<Platform>>,
    /// `STANDARD`, `HIGH`, `NOT_APPLICABLE`; open.
    pub throughput: Option<Box<str>>,
    /// `LIVE`, `SANDBOX`; open.
    pub account_mode: Option<Box<str>>,
    /// Whether it is in the WhatsApp Business app too.
    pub is_on_biz_app: Option<bool>,
    /// Whether it has a PIN.
    pub is_pin_enabled: Option<bool>,
    /// `AVAILABLE`, `LIMITED`, `BLOCKED`; open.
    pub can_send_message: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl PhoneNumber {
    /// Whether it can send already, so that registering it would only cost one of ten tries.
    pub fn is_registered(&self) -> bool {
        let on = |word: &Option<Word<Platform>>| {
            word.as_ref().is_some_and(|word| word.is(Platform::Cloud))
        };
        let connected = self.status.as_ref().is_some_and(|word| word.is(NumberStatus::Connected));
        connected && on(&self.platform_type)
    }
}

impl Reading for PhoneNumber {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            display_phone_number: fields.text("/display_phone_number"),
            verified_name: fields.text("/verified_name"),
            status: fields.word("/status"),
            quality_rating: fields
                .word("/quality_rating")
                .or_else(|| fields.word("/quality_score/score")),
            messaging_limit: fields.word("/whatsapp_business_manager_messaging_limit"),
            messaging_limit_tier: fields.word("/messaging_limit_tier"),
            code_verification_status: fields.word("/code_verification_status"),
            name_status: fields.word("/name_status"),
            new_name_status: fields.word("/new_name_status"),
            platform_type: fields.word("/platform_type").or_else(|| fields.word("/host_platform")),
            throughput: fields.text("/throughput/level"),
            account_mode: fields.text("/account_mode"),
            is_on_biz_app: fields.flag("/is_on_biz_app"),
            is_pin_enabled: fields.flag("/is_pin_enabled"),
            can_send_message: fields.text("/health_status/can_send_message"),
            raw,
        })
    }
}

impl Api {
    /// `GET /{waba}/phone_numbers`, every page.
    pub async fn phone_numbers(&self, waba: &str) -> Result<List<PhoneNumber>, ProviderError> {
        const CALL: &str = "provider.meta.phone_numbers";
        let url = self.url(CALL, &[waba, "phone_numbers"])?;
        let url = &url;
        with_fields(&FIELDS, |fields| async move {
            let make = || {
                call!("provider.meta.phone_numbers", Method::GET, url.clone())
                    .query("fields", &fields)
            };
            self.pages(waba, make).await
        })
        .await
    }

    /// `GET /{number}`.
    pub async fn phone_number(&self, id: &str) -> Result<PhoneNumber, ProviderError> {
        const CALL: &str = "provider.meta.phone_number";
        let url = self.url(CALL, &[id])?;
        let url = &url;
        with_fields(&FIELDS, |fields| async move {
            let make = || {
                call!("provider.meta.phone_number", Method::GET, url.clone())
                    .query("fields", &fields)
            };
            read(self.send(id, Repeat::Safe, make).await?, CALL)
        })
        .await
    }
}
