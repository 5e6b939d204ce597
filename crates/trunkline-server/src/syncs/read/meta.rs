use std::collections::BTreeSet;

use jiff::Timestamp;
use secrecy::SecretString;
use trunkline_core::secrets::KeyRing;
use trunkline_core::{Clock, Provider};
use trunkline_providers::error::{Kind, ProviderError};
use trunkline_providers::meta::{Api, Inspection, PhoneNumber, Waba};
use trunkline_store::Store;
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::syncs::OurChannel;

use super::{Said, SaidChannel, SaidClient, channel_token, short};
use crate::State;
use crate::providers::{ProviderAccount, Waiting, meta_api};
use crate::syncs::trouble::Trouble;

/// Reads with the partner's own token and, where that does not reach, with the company's.
pub(in crate::syncs) struct Reader {
    api: Api,
    token: Option<SecretString>,
    store: Store,
    keys: std::sync::Arc<KeyRing>,
    clock: Clock,
}

impl Reader {
    pub(super) fn open(state: &State, account: &PartnerAccount) -> Result<Self, Trouble> {
        Ok(Self {
            api: meta_api(state, account, Waiting::Job)?,
            token: ProviderAccount::open(state, account).meta()?.system_user_token,
            store: state.store.clone(),
            keys: state.keys.clone(),
            clock: state.clock.clone(),
        })
    }

    /// Those that companies share with us, and our own.
    pub(super) async fn clients(&self) -> Result<Said<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        let mut list = self.api.shared_wabas().await?;
        let own = self.api.owned_wabas().await?;
        list.items.extend(own.items);
        list.unread += own.unread;
        list.is_whole &= own.is_whole;
        let mut seen = BTreeSet::new();
        list.items.retain(|waba| seen.insert(waba.id.clone()));
        Ok(Said::of(list, |waba| said_client(&waba, asked_at)))
    }

    pub(super) async fn channels(
        &self,
        client: &str,
        ours: &[OurChannel],
    ) -> Result<Said<SaidChannel>, Trouble> {
        let asked_at = self.clock.now();
        let list = match self.api.phone_numbers(client).await {
            Err(error) if is_out_of_reach(&error) => match self.as_company(ours).await? {
                Some(api) => api.phone_numbers(client).await.map_err(Trouble::of_one)?,
                None => return Err(Trouble::OfOne(error)),
            },
            answered => answered?,
        };
        Ok(Said::of(list, |number| said_channel(&number, Some(client), asked_at)))
    }

    pub(super) async fn client(
        &self,
        key: &str,
        ours: &[OurChannel],
    ) -> Result<Option<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        let found = match self.api.waba(key).await {
            Err(error) if is_out_of_reach(&error) => match self.as_company(ours).await? {
                Some(api) => api.waba(key).await,
                None => Err(error),
            },
            Err(error) if error.kind == Kind::Authentication => return Err(error.into()),
            answered => answered,
        };
        read(found.map(|waba| said_client(&waba, asked_at)))
    }

    pub(super) async fn channel(
        &self,
        channel: &OurChannel,
    ) -> Result<Option<SaidChannel>, Trouble> {
        let asked_at = self.clock.now();
        let found = match self.api.phone_number(&channel.key).await {
            Err(error) if is_out_of_reach(&error) => {
                match self.as_company(std::slice::from_ref(channel)).await? {
                    Some(api) => api.phone_number(&channel.key).await,
                    None => Err(error),
                }
            }
            Err(error) if error.kind == Kind::Authentication => return Err(error.into()),
            answered => answered,
        };
        read(found.map(|number| said_channel(&number, None, asked_at)))
    }

    /// With the token of the company, if one of these channels has it.
    async fn as_company(&self, ours: &[OurChannel]) -> Result<Option<Api>, Trouble> {
        for channel in ours {
            if let Some(token) =
                channel_token(&self.store, &self.keys, Provider::Meta, channel.id).await?
            {
                return Ok(Some(self.api.clone().with_token(token)));
            }
        }
        Ok(None)
    }

    /// The system-user token of the account.
    pub(in crate::syncs) fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// What Meta says of a token; `None`: nothing, because the app's own credentials do not let us ask.
    pub(in crate::syncs) async fn inspect(
        &self,
        token: &SecretString,
    ) -> Result<Option<Inspection>, Trouble> {
        match self.api.inspect_token(token).await {
            Ok(inspection) => Ok(Some(inspection)),
            Err(error) if matches!(error.kind, Kind::Transient | Kind::Throttled { .. }) => {
                Err(Trouble::Provider(error))
            }
            Err(error) => {
                tracing::warn!(%error, "Meta does not tell about a token");
                Ok(None)
            }
        }
    }
}

/// Meta does not tell apart what is not there and what this token may not see.
fn is_out_of_reach(error: &ProviderError) -> bool {
    matches!(error.kind, Kind::NotFound | Kind::Permission)
}

/// One thing, or that there is none; a token of a company that does not work reaches nothing either.
fn read<T>(answered: Result<T, ProviderError>) -> Result<Option<T>, Trouble> {
    match answered {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_out_of_reach(&error) => Ok(None),
        Err(error) => Err(Trouble::of_one(error)),
    }
}

fn said_client(waba: &Waba, asked_at: Timestamp) -> SaidClient {
    let name = waba.name.as_deref().map(ToOwned::to_owned);
    SaidClient { key: waba.id.to_string(), name, facts: short(waba.facts()), asked_at }
}

fn said_channel(number: &PhoneNumber, client: Option<&str>, asked_at: Timestamp) -> SaidChannel {
    SaidChannel {
        key: number.id.to_string(),
        client: client.map(ToOwned::to_owned),
        number: number.e164(),
        facts: short(number.facts()),
        asked_at,
    }
}
