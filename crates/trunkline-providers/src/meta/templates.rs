use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading},
    call,
    error::ProviderError,
    meta::Api,
};

/// A message template (`https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Decimal digits.
    pub id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// As `en_US`.
    pub language: Option<Box<str>>,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, …; open.
    pub status: Option<Box<str>>,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`; open.
    pub category: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Template {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            name: fields.text("/name"),
            language: fields.text("/language"),
            status: fields.text("/status"),
            category: fields.text("/category"),
            raw,
        })
    }
}

impl Api {
    /// `GET /{waba}/message_templates`, every page.
    pub async fn templates(&self, waba: &str) -> Result<List<Template>, ProviderError> {
        let url = self.url("provider.meta.templates", &[waba, "message_templates"])?;
        let make = || call!("provider.meta.templates", Method::GET, url.clone());
        self.pages(waba, make).await
    }
}
