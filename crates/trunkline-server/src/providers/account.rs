use secrecy::SecretString;
use trunkline_core::Provider;
use trunkline_core::configuration::Providers;
use trunkline_core::secrets::KeyRing;
use trunkline_providers::http::Url;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::partner_accounts::PartnerAccount;

use crate::partner_accounts::{Stored, find_field};
use crate::problem::Kind;
use crate::{Problem, State};

/// A partner account with its credentials, as the provider's client takes it.
pub(crate) enum ProviderAccount {
    /// Of 360dialog.
    Dialog360(dialog360::Account),
    /// Of Meta.
    Meta(meta::Account),
    /// Of Twilio.
    Twilio(twilio::Account),
}

impl ProviderAccount {
    /// Opens what the account holds; what does not open is left out, and missed by the call that needs it.
    pub(crate) fn open(state: &State, account: &PartnerAccount) -> Self {
        Self::open_with(&state.keys, &state.settings.providers, account)
    }

    /// The same without a service.
    pub(crate) fn open_with(
        keys: &KeyRing,
        settings: &Providers,
        account: &PartnerAccount,
    ) -> Self {
        let read = |name: &str| {
            let field = find_field(account.provider, name)?;
            Stored::read(keys, account, field).expose().map(str::to_owned)
        };
        let secret = |name: &str| read(name).map(SecretString::from);
        let base = |usual: &str| account.base_url.as_deref().unwrap_or(usual).parse::<Url>().ok();
        let webhook_url = account.partner_webhook_url.as_deref().and_then(|url| url.parse().ok());
        match account.provider {
            Provider::Dialog360 => Self::Dialog360(dialog360::Account {
                base_url: base(&settings.dialog360_url).map(with_version),
                partner_id: account.partner_id.clone(),
                api_key: secret("api_key"),
                platform_secret: secret("platform_secret"),
                webhook_url,
            }),
            Provider::Meta => {
                let version = account.graph_version.as_ref().unwrap_or(&settings.graph_version);
                Self::Meta(meta::Account {
                    base_url: base(&settings.meta_url),
                    graph_version: version.clone(),
                    app_id: read("app_id").unwrap_or_default(),
                    app_secret: secret("app_secret"),
                    business_id: account.partner_id.clone(),
                    system_user_token: secret("system_user_token"),
                    config_id: account.config_id.clone(),
                    webhook_url,
                })
            }
            Provider::Twilio => {
                // Senders stand at an address of their own, unless everything is behind one of ours.
                let base_url = base(&settings.twilio_url);
                let usual = twilio::BASE_URL.parse().ok();
                Self::Twilio(twilio::Account {
                    base_url: base_url.filter(|url| Some(url) != usual.as_ref()),
                    messaging_url: None,
                    account_sid: account.partner_id.clone(),
                    auth_token: secret("auth_token"),
                    api_key_sid: read("api_key_sid"),
                    api_key_secret: secret("api_key_secret"),
                })
            }
        }
    }

    pub(crate) fn dialog360(self) -> Result<dialog360::Account, Problem> {
        if let Self::Dialog360(account) = self { Ok(account) } else { Err(other_provider()) }
    }

    pub(crate) fn meta(self) -> Result<meta::Account, Problem> {
        if let Self::Meta(account) = self { Ok(account) } else { Err(other_provider()) }
    }

    pub(crate) fn twilio(self) -> Result<twilio::Account, Problem> {
        if let Self::Twilio(account) = self { Ok(account) } else { Err(other_provider()) }
    }
}

fn other_provider() -> Problem {
    Problem::new(Kind::Conflict, "the partner account is of another provider")
}

/// The Partner API with its version; an address that has a path has it already.
fn with_version(mut url: Url) -> Url {
    if url.path() == "/" {
        url.set_path("/api/v2");
    }
    url
}
