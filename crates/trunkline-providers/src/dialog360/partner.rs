use reqwest::Method;
use serde_json::{Map, Value};

use crate::{
    api::{Fields, Reading, Repeat},
    call,
    dialog360::{Api, api::read},
    error::ProviderError,
};

/// The partner: ourselves (`PartnerOut`, `https://docs.360dialog.com/partner/partner-api/api-reference/partner-management`).
#[derive(Debug, Clone, PartialEq)]
pub struct Partner {
    /// Ends in `PA`.
    pub id: Box<str>,
    /// What clients read.
    pub brand_name: Option<Box<str>>,
    /// Where partner events go.
    pub webhook_url: Option<Box<str>>,
    /// Where the browser goes after onboarding.
    pub partner_redirect_url: Option<Box<str>>,
    /// `false`: clients cannot onboard numbers.
    pub allow_client_to_add_phone_no: Option<bool>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Partner {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            brand_name: fields.text("/brand_name"),
            webhook_url: fields.text("/webhook_url"),
            partner_redirect_url: fields.text("/partner_redirect_url"),
            allow_client_to_add_phone_no: fields.flag("/allow_client_to_add_phone_no"),
            raw,
        })
    }
}

/// What is changed of the partner; `None` is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerEdit<'a> {
    /// Where partner events go.
    pub webhook_url: Option<&'a str>,
    /// Where the browser goes after onboarding.
    pub partner_redirect_url: Option<&'a str>,
}

impl Api {
    /// `GET /partners/{id}`.
    pub async fn partner(&self) -> Result<Partner, ProviderError> {
        const CALL: &str = "provider.360dialog.partner";
        let url = self.url(CALL, &[])?;
        let make = || call!("provider.360dialog.partner", Method::GET, url.clone());
        read(self.send(Repeat::Safe, make).await?, CALL)
    }

    /// `PATCH /partners/{id}`; the same again changes nothing more, so it is repeated.
    pub async fn edit_partner(&self, edit: &PartnerEdit<'_>) -> Result<Partner, ProviderError> {
        const CALL: &str = "provider.360dialog.partner_edit";
        let url = self.url(CALL, &[])?;
        let fields = [
            ("webhook_url", edit.webhook_url),
            ("partner_redirect_url", edit.partner_redirect_url),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let body: Map<String, Value> =
            given.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let body = Value::Object(body);
        let make =
            || call!("provider.360dialog.partner_edit", Method::PATCH, url.clone()).json(&body);
        read(self.send(Repeat::Safe, make).await?, CALL)
    }

    /// `GET /partners/{id}/webhook_url`: where partner events go; `None`: nowhere.
    pub async fn partner_webhook_url(&self) -> Result<Option<Box<str>>, ProviderError> {
        const CALL: &str = "provider.360dialog.webhook_url";
        let url = self.url(CALL, &["webhook_url"])?;
        let make = || call!("provider.360dialog.webhook_url", Method::GET, url.clone());
        let answer = self.send(Repeat::Safe, make).await?.scrubbed();
        Ok(Fields(&answer).text("/webhook_url"))
    }

    /// `POST /partners/{id}/webhook_url`; the same again changes nothing more, so it is repeated.
    ///
    /// The field for a secret header of one's own is not documented: it is set in the Partner Hub.
    pub async fn set_partner_webhook_url(&self, webhook_url: &str) -> Result<(), ProviderError> {
        const CALL: &str = "provider.360dialog.webhook_url_edit";
        let url = self.url(CALL, &["webhook_url"])?;
        let body = serde_json::json!({ "webhook_url": webhook_url });
        let make =
            || call!("provider.360dialog.webhook_url_edit", Method::POST, url.clone()).json(&body);
        self.send(Repeat::Safe, make).await.map(drop)
    }

    /// `PATCH /partners/{id}/settings/partner_change_request`: whether clients that change to us from another
    /// partner are taken without being asked about.
    pub async fn set_auto_approve(&self, auto_approve: bool) -> Result<(), ProviderError> {
        const CALL: &str = "provider.360dialog.partner_change_request";
        let url = self.url(CALL, &["settings", "partner_change_request"])?;
        let body = serde_json::json!({ "auto_approve": auto_approve });
        let make = || {
            call!("provider.360dialog.partner_change_request", Method::PATCH, url.clone())
                .json(&body)
        };
        self.send(Repeat::Safe, make).await.map(drop)
    }
}
