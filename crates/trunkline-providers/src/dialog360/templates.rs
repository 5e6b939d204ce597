use reqwest::Method;

use crate::{
    api::{List, Template},
    call,
    dialog360::Api,
    error::ProviderError,
};

impl Api {
    /// `GET /partners/{id}/waba_accounts/{waba}/waba_templates`, every page; `waba` is 360dialog's id, not Meta's.
    pub async fn templates(&self, waba: &str) -> Result<List<Template>, ProviderError> {
        const CALL: &str = "provider.360dialog.templates";
        let url = self.url(CALL, &["waba_accounts", waba, "waba_templates"])?;
        let make = || call!("provider.360dialog.templates", Method::GET, url.clone());
        self.pages("waba_templates", make).await
    }
}
