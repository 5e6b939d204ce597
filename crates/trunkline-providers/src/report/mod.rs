//! What a check of a partner account found: one list for people and programs.

mod shared;
mod trouble;

use jiff::Timestamp;
use serde::Serialize;

use crate::error::{Provider, ProviderError};

pub(crate) use shared::{endpoint, given, is_identifier, registered_webhook};

/// The longest text of a provider that a finding shows, in characters.
const LONGEST_VALUE: usize = 500;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works today; something is missing or ends soon.
    Warning,
    /// Does not work.
    Error,
}

/// The field of the account that a finding is about, named as the column or setting that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 360dialog's partner id, Meta's business portfolio id, Twilio's account SID.
    PartnerId,
    /// 360dialog's Partner API key, Meta's app id, Twilio's API key SID.
    PartnerApiKey,
    /// 360dialog's platform secret, Meta's app secret, Twilio's API key secret.
    PartnerSecret,
    /// Meta's system-user token, Twilio's auth token.
    AccessToken,
    /// Meta's login configuration id.
    ConfigId,
    /// Where the provider sends its webhooks.
    PartnerWebhookUrl,
    /// Where the provider's API is.
    BaseUrl,
    /// Meta's Graph API version.
    GraphVersion,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, for programs: `token_expired`.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Which field it is about; `None` when about the account as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// Exactly what is so, in one sentence.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What the provider said that is worth showing: a name, a registered URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it ends, expired, or may be tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The provider's own words, when a call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ProviderError>,
}

impl Finding {
    pub(crate) fn ok(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Ok,
            field: None,
            message: message.into(),
            advice: None,
            value: None,
            at: None,
            error: None,
        }
    }

    pub(crate) fn warning(
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Warning, advice: Some(advice.into()), ..Self::ok(code, message) }
    }

    pub(crate) fn error(
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Error, ..Self::warning(code, message, advice) }
    }

    pub(crate) fn about(self, field: Field) -> Self {
        Self { field: Some(field), ..self }
    }

    /// Something of the provider's, unless it is empty: short and on one line.
    pub(crate) fn showing(self, value: &str) -> Self {
        let plain = value.chars().filter(|character| !character.is_control());
        let value: String = plain.take(LONGEST_VALUE).collect();
        Self { value: (!value.is_empty()).then_some(value), ..self }
    }

    pub(crate) fn at(self, moment: Timestamp) -> Self {
        Self { at: Some(moment), ..self }
    }

    pub(crate) fn because(self, error: ProviderError) -> Self {
        Self { error: Some(error), ..self }
    }
}

/// What a check of one partner account found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose account it is.
    pub provider: Provider,
    /// When the check began.
    pub checked_at: Timestamp,
    /// The worst level of the findings.
    pub level: Level,
    /// In the order in which they were made.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(provider: Provider, checked_at: Timestamp, findings: Vec<Finding>) -> Self {
        let level = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
        Self { provider, checked_at, level, findings }
    }

    /// The finding with this code.
    pub fn find(&self, code: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }
}
