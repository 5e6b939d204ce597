use secrecy::SecretString;
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_providers::http::Url;
use trunkline_providers::pass_through::Access;
use trunkline_providers::{meta, twilio};
use trunkline_store::QualifiedId;
use trunkline_store::channels::{Reach, find_channel_secret};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account};

use crate::problem::Kind;
use crate::providers::ProviderAccount;
use crate::{Problem, State};

/// The credential of a channel itself.
pub(crate) enum Held {
    /// It has none.
    No,
    /// It does not open: it is sealed under a key that is gone.
    Sealed,
    /// This.
    Yes(Secret),
}

/// The partner account that serves a channel, if it is in use.
pub(crate) async fn find_account(
    state: &State,
    provider: Provider,
    reach: &Reach,
) -> Result<PartnerAccount, Problem> {
    let name = provider.name();
    let connection = state.store.connection().await?;
    let account = match reach.account_id {
        Some(id) => find_partner_account(connection.executor(), id).await?,
        None => None,
    };
    match account {
        Some(account) if account.is_active => Ok(account),
        Some(_) => {
            conflict(format!("the {name} account of this channel is not in use; activate it"))
        }
        None => conflict(format!(
            "no {name} account serves this channel; add one, or make one the default"
        )),
    }
}

/// The credential of the channel itself.
pub(crate) async fn find_held(state: &State, id: QualifiedId) -> Result<Held, Problem> {
    let connection = state.store.connection().await?;
    let found = find_channel_secret(connection.executor(), id, &state.keys).await?;
    Ok(match found {
        None => Held::No,
        Some(Ok(secret)) => Held::Yes(secret),
        Some(Err(error)) => {
            tracing::warn!(%error, channel = %id, "the credential of a channel does not open");
            Held::Sealed
        }
    })
}

/// Where the provider is, and with which credentials the channel's requests are sent.
pub(super) async fn find_access(
    state: &State,
    account: &PartnerAccount,
    id: QualifiedId,
    reach: &Reach,
) -> Result<Access, Problem> {
    let own = match find_held(state, id).await? {
        Held::No => None,
        Held::Yes(secret) => Some(SecretString::from(secret.expose().to_owned())),
        Held::Sealed => {
            return conflict(
                "the channel's credential is sealed under a key that this service has not",
            );
        }
    };
    match ProviderAccount::open(state, account) {
        ProviderAccount::Meta(opened) => of_meta(opened, own),
        ProviderAccount::Dialog360(_) => {
            let base_url = state.settings.providers.dialog360_messaging_url.parse::<Url>().ok();
            match own {
                Some(key) => Ok(Access::Dialog360 { base_url, key }),
                None => conflict("the channel has no API key at 360dialog; make one first"),
            }
        }
        ProviderAccount::Twilio(opened) => of_twilio(opened, own, &reach.client_id),
    }
}

/// With the number's own token, otherwise with the account's.
fn of_meta(opened: meta::Account, own: Option<SecretString>) -> Result<Access, Problem> {
    let Some(token) = own.or(opened.system_user_token) else {
        return conflict("neither the number nor its Meta account has an access token");
    };
    let (base_url, version, app_secret) =
        (opened.base_url, opened.graph_version, opened.app_secret);
    Ok(Access::Meta { base_url, version, token, app_secret })
}

/// As the subaccount with its own token; as the parent with its key or, for a subaccount, with its token, since a key may be
/// of the parent alone.
fn of_twilio(
    opened: twilio::Account,
    own: Option<SecretString>,
    account: &str,
) -> Result<Access, Problem> {
    let base_url = opened.base_url;
    if let Some(password) = own {
        return Ok(Access::Twilio { base_url, user: account.to_owned(), password });
    }
    let key = opened.api_key_sid.zip(opened.api_key_secret);
    let token = opened.auth_token.map(|token| (opened.account_sid.clone(), token));
    let credentials = if account == opened.account_sid { key.or(token) } else { token.or(key) };
    match credentials {
        Some((user, password)) => Ok(Access::Twilio { base_url, user, password }),
        None => conflict("neither the sender nor its Twilio account has credentials"),
    }
}

fn conflict<T>(detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::new(Kind::Conflict, detail))
}
