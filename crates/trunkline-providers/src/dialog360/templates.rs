use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading},
    call,
    dialog360::Api,
    error::ProviderError,
};

/// A message template of a WhatsApp Business Account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// 360dialog's id.
    pub id: Box<str>,
    /// Meta's id.
    pub external_id: Option<Box<str>>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// As `en`.
    pub language: Option<Box<str>>,
    /// `created`, `submitted`, `pending`, `approved`, `rejected`; open.
    pub status: Option<Box<str>>,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`; open.
    pub category: Option<Box<str>>,
    /// Why it was rejected.
    pub rejected_reason: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Template {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            external_id: fields.text("/external_id"),
            name: fields.text("/name"),
            language: fields.text("/language"),
            status: fields.text("/status"),
            category: fields.text("/category"),
            rejected_reason: fields.text("/rejected_reason"),
            raw,
        })
    }
}

impl Api {
    /// `GET /partners/{id}/waba_accounts/{waba}/waba_templates`, every page; `waba` is 360dialog's id, not Meta's.
    pub async fn templates(&self, waba: &str) -> Result<List<Template>, ProviderError> {
        const CALL: &str = "provider.360dialog.templates";
        let url = self.url(CALL, &["waba_accounts", waba, "waba_templates"])?;
        let make = || call!("provider.360dialog.templates", Method::GET, url.clone());
        self.pages("waba_templates", make).await
    }
}
