use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;
use trunkline_core::Clock;
use trunkline_providers::error::{Kind, ProviderError};
use trunkline_providers::twilio::{Api, Sender, Subaccount};
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::syncs::OurChannel;

use super::{Said, SaidChannel, SaidClient, short};
use crate::State;
use crate::providers::{Waiting, twilio_api};
use crate::syncs::trouble::Trouble;

/// A subaccount's senders are asked for with its own token, which the list of accounts tells.
pub(in crate::syncs) struct Reader {
    api: Api,
    clock: Clock,
    parent: String,
    has_token: bool,
    tokens: Mutex<HashMap<String, SecretString>>,
}

impl Reader {
    pub(super) fn open(state: &State, account: &PartnerAccount) -> Result<Self, Trouble> {
        Ok(Self {
            api: twilio_api(state, account, Waiting::Job)?,
            clock: state.clock.clone(),
            parent: account.partner_id.clone(),
            has_token: account.access_token.is_some(),
            tokens: Mutex::default(),
        })
    }

    pub(super) async fn clients(&self) -> Result<Said<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        let list = match self.api.accounts().await {
            Ok(list) => list,
            // A Standard key reads no accounts, but the senders of its own.
            Err(error) if !self.has_token && is_refused(&error) => {
                let (key, facts) = (self.parent.clone(), Vec::new());
                let items = vec![SaidClient { key, name: None, facts, asked_at }];
                return Ok(Said { items, is_whole: false, unread: 0 });
            }
            Err(error) => return Err(error.into()),
        };
        list.items.iter().for_each(|account| self.remember(account));
        Ok(Said::of(list, |account| said_client(&account, asked_at)))
    }

    fn remember(&self, account: &Subaccount) {
        if let Some(token) = &account.auth_token {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.insert(account.sid.to_string(), token.clone());
        }
    }

    /// The token of a subaccount, as far as Twilio told it; the parent's own stands in the partner account.
    pub(in crate::syncs) fn token_of(&self, client: &str) -> Option<SecretString> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(client).filter(|_| client != self.parent).cloned()
    }

    /// As the account whose senders are asked for.
    async fn api_of(&self, client: &str) -> Result<Api, Trouble> {
        if client == self.parent {
            return Ok(self.api.clone());
        }
        let find = || {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.get(client).cloned()
        };
        if find().is_none() {
            let found = self.api.account(client).await.map_err(Trouble::of_one)?;
            self.remember(&found);
        }
        // With the parent's own it would be the parent's senders that are listed.
        let token = find().ok_or_else(|| {
            Trouble::OfOne(ProviderError::without_token("provider.twilio.senders", client))
        })?;
        Ok(self.api.of_subaccount(client, token))
    }

    pub(super) async fn channels(&self, client: &str) -> Result<Said<SaidChannel>, Trouble> {
        let api = self.api_of(client).await?;
        let asked_at = self.clock.now();
        let list = api.senders().await.map_err(|error| self.trouble(client, error))?;
        Ok(Said::of(list, |sender| said_channel(&sender, client, asked_at)))
    }

    pub(super) async fn client(&self, key: &str) -> Result<Option<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        match self.api.account(key).await {
            Ok(found) => {
                self.remember(&found);
                Ok(Some(said_client(&found, asked_at)))
            }
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Invalid) => Ok(None),
            Err(error) if !self.has_token && is_refused(&error) => Err(Trouble::OfOne(error)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn channel(
        &self,
        client: &str,
        channel: &OurChannel,
    ) -> Result<Option<SaidChannel>, Trouble> {
        if let Some(number) = channel.address() {
            let listed = self.channels(client).await?.items;
            return Ok(listed.into_iter().find(|said| said.number.as_deref() == Some(number)));
        }
        let api = self.api_of(client).await?;
        let asked_at = self.clock.now();
        match api.sender(&channel.key).await {
            Ok(found) => Ok(Some(said_channel(&found, client, asked_at))),
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Invalid) => Ok(None),
            Err(error) => Err(self.trouble(client, error)),
        }
    }

    /// What a subaccount's own token is refused says nothing of the others.
    fn trouble(&self, client: &str, error: ProviderError) -> Trouble {
        if client == self.parent { error.into() } else { Trouble::of_one(error) }
    }
}

fn is_refused(error: &ProviderError) -> bool {
    matches!(error.kind, Kind::Authentication | Kind::Permission | Kind::NotFound)
}

fn said_client(account: &Subaccount, asked_at: Timestamp) -> SaidClient {
    let name = account.friendly_name.as_deref().map(ToOwned::to_owned);
    SaidClient { key: account.sid.to_string(), name, facts: short(account.facts()), asked_at }
}

fn said_channel(sender: &Sender, client: &str, asked_at: Timestamp) -> SaidChannel {
    SaidChannel {
        key: sender.sid.to_string(),
        client: Some(client.to_owned()),
        number: sender.e164(),
        facts: short(sender.facts()),
        asked_at,
    }
}
