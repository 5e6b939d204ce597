//! Signing in by OpenID Connect: what the configuration says, and who is let in as whom.
//!
//! The protocol is `trunkline_providers::oidc`'s, the pages are `admin::oidc`'s.

mod admission;
mod policy;

use secrecy::SecretString;
use thiserror::Error;
use trunkline_core::Clock;
use trunkline_core::configuration::SignIn;
use trunkline_core::secrets::Secret;
use trunkline_providers::guard::Guard;
use trunkline_providers::oidc::{Client, Registration};

pub(crate) use admission::{Admission, Refusal, admit};
pub(crate) use policy::Policy;

/// Where the issuer sends people back to, after the public URL.
const CALLBACK: &str = "/admin/sign-in/oidc/callback";

/// The issuer, and whom it lets in.
#[derive(Debug)]
pub struct Oidc {
    /// Speaks with the issuer.
    pub client: Client,
    /// What people call it.
    pub(crate) label: String,
    pub(crate) policy: Policy,
}

/// Settings that contradict each other; the text names them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct OidcSettingsError(String);

impl Oidc {
    /// As the configuration says; `None`: without it. The secret has been read from its file.
    pub fn new(
        sign_in: &SignIn,
        client_secret: Option<Secret>,
        public_url: &str,
        clock: Clock,
    ) -> Result<Option<Self>, OidcSettingsError> {
        let settings = &sign_in.oidc;
        let refuse = |text: String| Err(OidcSettingsError(text));
        let (issuer, client_id) = match (&settings.issuer, &settings.client_id) {
            (Some(issuer), Some(client_id)) => (issuer.clone(), client_id.clone()),
            (None, None) if sign_in.password => return Ok(None),
            (None, None) => {
                return refuse("sign_in.password is false and there is no sign_in.oidc".to_owned());
            }
            _ => {
                let text = "sign_in.oidc has one of issuer and client_id, and needs both";
                return refuse(text.to_owned());
            }
        };
        let guard = Guard::new();
        let is_private = settings.allow_private_address;
        let guard = if is_private { guard.allow_private() } else { guard };
        if let Err(refusal) = guard.parse(&issuer) {
            return refuse(format!("sign_in.oidc.issuer: {refusal}"));
        }
        if !settings.scopes.iter().any(|scope| scope == "openid") {
            return refuse("sign_in.oidc.scopes has no openid".to_owned());
        }
        if settings.role_claim.is_none() && !settings.roles.is_empty() {
            let text = "sign_in.oidc.roles says what values mean, and role_claim names no claim";
            return refuse(text.to_owned());
        }
        let secret = |secret: Secret| SecretString::from(secret.expose());
        let registration = Registration {
            issuer,
            client_id,
            client_secret: client_secret.map(secret),
            redirect_uri: format!("{public_url}{CALLBACK}"),
            scopes: settings.scopes.clone(),
        };
        let client = Client::new(registration, guard, clock);
        let label = settings.label.clone();
        Ok(Some(Self { client, label, policy: Policy::new(settings) }))
    }
}
