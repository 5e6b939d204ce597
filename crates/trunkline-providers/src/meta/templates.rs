use reqwest::Method;

use crate::{
    api::{List, Template},
    call,
    error::ProviderError,
    meta::Api,
};

impl Api {
    /// `GET /{waba}/message_templates`, every page
    /// (`https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates`).
    pub async fn templates(&self, waba: &str) -> Result<List<Template>, ProviderError> {
        let url = self.url("provider.meta.templates", &[waba, "message_templates"])?;
        let make = || call!("provider.meta.templates", Method::GET, url.clone());
        self.pages(waba, make).await
    }
}
