use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_store::partner_accounts::PartnerAccount;
use utoipa::ToSchema;

use super::PublicProfile;
use super::fields::fields_of;
use super::sealed::Stored;
use super::webhooks::{Webhook, webhooks};
use crate::State;
use crate::api::Versioned;

/// A partner account as the API answers it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AccountDocument {
    /// Its id.
    pub id: i32,
    /// Whose partner the platform is by it.
    pub provider: Provider,
    /// Whether it is in use.
    pub is_active: bool,
    /// Whether new companies are onboarded with it.
    pub is_default: bool,
    /// The fields that may be shown, by name.
    #[serde(flatten)]
    pub shown: BTreeMap<&'static str, Option<String>>,
    /// The secrets, by name; never their values.
    pub secrets: BTreeMap<&'static str, SecretState>,
    /// What companies see.
    pub public_profile: PublicProfile,
    /// An uploaded logo.
    pub logo: Option<LogoState>,
    /// URLs to register at the provider.
    pub webhooks: Vec<Webhook>,
    /// What the last check found.
    pub check: Option<CheckState>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What may be known of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SecretState {
    /// Whether one stands there.
    pub is_set: bool,
    /// Its last four characters, if it has at least twelve.
    pub last_four: Option<String>,
    /// Equal for equal secrets, as long as the service seals with the same key.
    pub fingerprint: Option<String>,
    /// Why it cannot be used, if it does not open.
    pub problem: Option<String>,
}

/// An uploaded logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LogoState {
    /// `image/png` or `image/jpeg`.
    pub content_type: String,
    /// Its length in bytes.
    pub bytes: i32,
}

/// What the last check at the provider found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CheckState {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub checked_at: Timestamp,
    /// The worst of the findings: `ok`, `warning` or `error`.
    #[schema(example = "warning")]
    pub level: String,
    /// Each with `code`, `level`, `message`, and where there is one `field`, `advice`, `value`, `at`
    /// and `error`; the codes are explained in docs/providers.md.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Value>,
}

impl Versioned for AccountDocument {
    const ASIDE: &'static [&'static str] = &["check"];
}

impl AccountDocument {
    /// What may be shown of an account.
    pub(crate) fn new(state: &State, account: &PartnerAccount) -> Self {
        let mut shown = BTreeMap::new();
        let mut secrets = BTreeMap::new();
        for field in fields_of(account.provider) {
            let stored = Stored::read(&state.keys, account, field);
            if field.is_secret {
                secrets.insert(field.name, SecretState::new(state, &stored));
            } else {
                shown.insert(field.name, stored.expose().map(str::to_owned));
            }
        }
        let logo = account.logo.clone();
        Self {
            id: account.id,
            provider: account.provider,
            is_active: account.is_active,
            is_default: account.is_default,
            shown,
            secrets,
            public_profile: PublicProfile::of_stored(&account.public_profile),
            logo: logo.map(|(content_type, bytes)| LogoState { content_type, bytes }),
            webhooks: webhooks(&state.settings.public_url, account),
            check: account
                .checked_at
                .map(|at| CheckState::new(at, account.check_findings.as_ref())),
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }

    /// What the audit log keeps of it; secrets as fingerprints.
    pub(crate) fn for_audit(&self) -> Value {
        let fingerprint = |secret: &SecretState| match (&secret.fingerprint, secret.is_set) {
            (Some(fingerprint), _) => Value::from(fingerprint.as_str()),
            (None, true) => Value::from("unreadable"),
            (None, false) => Value::Null,
        };
        let secrets = self.secrets.iter().map(|(name, secret)| (*name, fingerprint(secret)));
        let mut audited = json!(self.shown);
        if let Some(audited) = audited.as_object_mut() {
            audited.extend(secrets.map(|(name, value)| (name.to_owned(), value)));
            audited.insert("provider".to_owned(), json!(self.provider));
            audited.insert("is_active".to_owned(), json!(self.is_active));
            audited.insert("is_default".to_owned(), json!(self.is_default));
            audited.insert("public_profile".to_owned(), json!(self.public_profile));
            audited.insert("logo".to_owned(), json!(self.logo));
        }
        audited
    }

    /// What people call it: its name, or the provider's id of it.
    pub(crate) fn title(&self) -> String {
        let label = self.shown.get("label").cloned().flatten();
        label.unwrap_or_else(|| self.partner_id().to_owned())
    }

    /// The provider's id of it.
    pub(crate) fn partner_id(&self) -> &str {
        let identity = super::fields::identity(self.provider);
        self.shown.get(identity.name).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl SecretState {
    fn new(state: &State, stored: &Stored) -> Self {
        let nothing =
            Self { is_set: stored.is_set(), last_four: None, fingerprint: None, problem: None };
        match stored {
            Stored::Secret(secret) => Self {
                last_four: secret.last_four(),
                fingerprint: Some(state.keys.fingerprint(secret).to_string()),
                ..nothing
            },
            Stored::Unreadable(reason) => Self { problem: Some(reason.clone()), ..nothing },
            Stored::Nothing | Stored::Plain(_) => nothing,
        }
    }
}

impl CheckState {
    fn new(checked_at: Timestamp, findings: Option<&Value>) -> Self {
        let findings = findings.and_then(Value::as_array).cloned().unwrap_or_default();
        let worst = ["error", "warning"].into_iter().find(|level| {
            findings.iter().any(|finding| finding.get("level").is_some_and(|found| found == level))
        });
        Self { checked_at, level: worst.unwrap_or("ok").to_owned(), findings }
    }
}
