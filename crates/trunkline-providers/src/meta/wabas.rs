use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading, Repeat, Word},
    call,
    error::ProviderError,
    meta::{
        Api, Review, Tier,
        api::{read, with_fields},
    },
};

/// What is asked of a WhatsApp Business Account.
const FIELDS: [&str; 15] = [
    "id",
    "name",
    "currency",
    "timezone_id",
    "message_template_namespace",
    "account_review_status",
    "business_verification_status",
    "ownership_type",
    "on_behalf_of_business_info",
    "owner_business_info",
    "country",
    "status",
    "health_status",
    "primary_business_location",
    "whatsapp_business_manager_messaging_limit",
];

/// A WhatsApp Business Account
/// (`https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waba {
    /// Decimal digits.
    pub id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// `ACTIVE`, `RESTRICTED`, `DISABLED`, …; open.
    pub status: Option<Box<str>>,
    /// How its review stands.
    pub account_review_status: Option<Word<Review>>,
    /// In upper or lower case; open.
    pub business_verification_status: Option<Box<str>>,
    /// The portfolio's messaging limit.
    pub messaging_limit: Option<Word<Tier>>,
    /// The portfolio that owns it.
    pub owner_business_id: Option<Box<str>>,
    /// `AVAILABLE`, `LIMITED`, `BLOCKED`; open.
    pub can_send_message: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Waba {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            name: fields.text("/name"),
            status: fields.text("/status"),
            account_review_status: fields.word("/account_review_status"),
            business_verification_status: fields.text("/business_verification_status"),
            messaging_limit: fields.word("/whatsapp_business_manager_messaging_limit"),
            owner_business_id: fields.text("/owner_business_info/id"),
            can_send_message: fields.text("/health_status/can_send_message"),
            raw,
        })
    }
}

impl Api {
    /// `GET /{business}/owned_whatsapp_business_accounts`: those of our own portfolio.
    pub async fn owned_wabas(&self) -> Result<List<Waba>, ProviderError> {
        const CALL: &str = "provider.meta.owned_wabas";
        let business = self.business();
        let url = self.url(CALL, &[business, "owned_whatsapp_business_accounts"])?;
        let url = &url;
        with_fields(&FIELDS, |fields| async move {
            let make = || {
                call!("provider.meta.owned_wabas", Method::GET, url.clone())
                    .query("fields", &fields)
            };
            self.pages(business, make).await
        })
        .await
    }

    /// `GET /{business}/client_whatsapp_business_accounts`: those that companies share with us.
    pub async fn shared_wabas(&self) -> Result<List<Waba>, ProviderError> {
        const CALL: &str = "provider.meta.shared_wabas";
        let business = self.business();
        let url = self.url(CALL, &[business, "client_whatsapp_business_accounts"])?;
        let url = &url;
        with_fields(&FIELDS, |fields| async move {
            let make = || {
                call!("provider.meta.shared_wabas", Method::GET, url.clone())
                    .query("fields", &fields)
            };
            self.pages(business, make).await
        })
        .await
    }

    /// `GET /{waba}`.
    pub async fn waba(&self, id: &str) -> Result<Waba, ProviderError> {
        const CALL: &str = "provider.meta.waba";
        let url = self.url(CALL, &[id])?;
        let url = &url;
        with_fields(&FIELDS, |fields| async move {
            let make =
                || call!("provider.meta.waba", Method::GET, url.clone()).query("fields", &fields);
            read(self.send(id, Repeat::Safe, make).await?, CALL)
        })
        .await
    }
}
