use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    api::{Fields, Reading},
    call,
    error::ProviderError,
    meta::{Api, api::read},
};

/// What `debug_token` says of a token
/// (`https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether it works.
    pub is_valid: bool,
    /// The app that it was made for.
    pub app_id: Option<Box<str>>,
    /// `USER`, `SYSTEM_USER`, …; open.
    pub kind: Option<Box<str>>,
    /// When it ends; `None`: never, or not told.
    pub expires_at: Option<Timestamp>,
    /// When it no longer reads data.
    pub data_access_expires_at: Option<Timestamp>,
    /// What it may do.
    pub scopes: Vec<Box<str>>,
    /// What it may do where.
    pub granular_scopes: Vec<Scope>,
    /// Why it does not work: the code, and Meta's words.
    pub error: Option<(Option<i64>, Box<str>)>,
    /// The answer as it came.
    pub raw: Value,
}

/// A permission, and the accounts that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// As `whatsapp_business_management`.
    pub scope: Box<str>,
    /// WhatsApp Business Accounts, the newest first; `None`: all of them.
    pub target_ids: Option<Vec<Box<str>>>,
}

impl Inspection {
    /// The WhatsApp Business Accounts that the token was given for, the newest first.
    pub fn wabas(&self) -> &[Box<str>] {
        let management = |scope: &&Scope| scope.scope.as_ref() == "whatsapp_business_management";
        let scope = self.granular_scopes.iter().find(management);
        scope.and_then(|scope| scope.target_ids.as_deref()).unwrap_or_default()
    }

    /// Whether it has a permission, for all or for some.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|found| found.as_ref() == scope)
            || self.granular_scopes.iter().any(|found| found.scope.as_ref() == scope)
    }
}

impl Reading for Inspection {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        let granular = fields.value("/data/granular_scopes").and_then(Value::as_array);
        let error = fields.text("/data/error/message");
        Some(Self {
            is_valid: fields.flag("/data/is_valid")?,
            app_id: fields.text("/data/app_id"),
            kind: fields.text("/data/type"),
            expires_at: fields.time("/data/expires_at"),
            data_access_expires_at: fields.time("/data/data_access_expires_at"),
            scopes: fields.texts("/data/scopes"),
            granular_scopes: granular.into_iter().flatten().filter_map(scope).collect(),
            error: error.map(|words| (fields.integer("/data/error/code"), words)),
            raw,
        })
    }
}

fn scope(value: &Value) -> Option<Scope> {
    let fields = Fields(value);
    let target_ids = fields.value("/target_ids").map(|_| fields.texts("/target_ids"));
    Some(Scope { scope: fields.text("/scope")?, target_ids })
}

impl Api {
    /// `GET /debug_token`, asked as the app.
    pub async fn inspect_token(&self, token: &SecretString) -> Result<Inspection, ProviderError> {
        const CALL: &str = "provider.meta.debug_token";
        let url = self.url(CALL, &["debug_token"])?;
        let make = || {
            call!("provider.meta.debug_token", Method::GET, url.clone())
                .secret_query("input_token", token)
        };
        read(self.send_as_app(make).await?, CALL)
    }
}
