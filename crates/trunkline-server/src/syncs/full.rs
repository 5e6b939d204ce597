//! A full sync: every client and channel of a partner account, in the order of the provider's ids, so that whoever goes
//! on with it goes on behind the last one that was done.

use std::collections::{BTreeMap, HashMap};

use trunkline_core::Provider;
use trunkline_core::syncs::SyncFindingKind;
use trunkline_providers::error::ProviderError;
use trunkline_store::Window;
use trunkline_store::partner_accounts::{Filter, PartnerAccount, list_partner_accounts};
use trunkline_store::syncs::{
    NewFinding, OurChannel, OurClient, SyncRun, list_channel_homes, list_our_channels,
    list_our_clients,
};

use super::ending::{answered, credential_works};
use super::read::{Reader, Said, SaidChannel, SaidClient};
use super::trouble::Trouble;
use super::unit::Unit;
use super::worker::Worker;
use super::{found, tokens};
use crate::State;

/// So many things that a list lacks are asked for one by one; if more are lacking, it is the list that is wrong.
const MOST_ASKED: usize = 50;

/// A sync that is being worked on.
pub(super) struct Sync<'a> {
    pub(super) state: &'a State,
    pub(super) account: &'a PartnerAccount,
    pub(super) run: &'a SyncRun,
    pub(super) worker: &'a Worker,
    pub(super) reader: Reader,
}

/// A client as the two sides have it.
#[derive(Default)]
struct Pair {
    said: Option<SaidClient>,
    ours: Option<OurClient>,
}

impl Sync<'_> {
    pub(super) fn provider(&self) -> Provider {
        self.account.provider
    }

    /// Compares everything that is not done yet.
    pub(super) async fn everything(&self) -> Result<(), Trouble> {
        let said = self.reader.clients().await?;
        answered(self.state, self.account.id, self.provider()).await?;
        if self.provider() != Provider::Meta {
            // What Meta's token may do is looked at by itself.
            credential_works(self.state, self.account.id).await?;
        }
        if self.run.after_key.is_none() {
            self.account_itself(&said).await?;
        }
        let (is_whole, mut pairs) = (said.is_whole && said.unread == 0, BTreeMap::new());
        for client in said.items {
            let pair: &mut Pair = pairs.entry(client.key.clone()).or_default();
            pair.said = Some(client);
        }
        for client in self.ours().await? {
            let pair = pairs.entry(client.key.clone()).or_default();
            pair.ours = Some(client);
        }
        let is_only = self.is_only_account().await?;
        let done = self.run.after_key.clone().unwrap_or_default();
        pairs.retain(|key, _| *key > done);
        let mut asked = 0;
        let mut unasked = Vec::new();
        for (key, pair) in pairs {
            let mut unit = Unit::default();
            unit.progress.after_key = Some(key.clone());
            match (pair.said, pair.ours) {
                (Some(said), Some(ours)) => {
                    self.client(&mut unit, &ours, &said, &mut asked).await?;
                }
                // Another account may have it, and lists it.
                (None, Some(ours)) if !self.is_of_this_account(&ours, is_only) => continue,
                // Our own account is no client of ours.
                (Some(_), None) if key == self.account.partner_id => {}
                (Some(said), None) => {
                    unit.findings.push(found::unknown_client(&key, said.name.as_deref()));
                }
                (None, Some(ours)) if asked < MOST_ASKED => {
                    asked += 1;
                    self.lacking(&mut unit, &ours, &mut asked).await?;
                }
                (None, Some(_)) => unasked.push(key),
                (None, None) => {}
            }
            unit.commit(self.state, self.run, self.worker).await?;
        }
        self.what_is_lacking(is_whole, unasked.len()).await
    }

    /// Whether a client that is not listed should be.
    fn is_of_this_account(&self, ours: &OurClient, is_only: bool) -> bool {
        ours.account_id.map_or(is_only, |account| account == self.account.id)
    }

    /// Whether no other account of the provider is in use.
    async fn is_only_account(&self) -> Result<bool, Trouble> {
        let filter = Filter { provider: Some(self.provider()), is_active: Some(true) };
        let window = Window { after: None, limit: 2 };
        let connection = self.state.store.connection().await?;
        let active = list_partner_accounts(connection.executor(), filter, &window).await?;
        Ok(active.iter().all(|account| account.id == self.account.id))
    }

    /// Every client that we have at the provider.
    async fn ours(&self) -> Result<Vec<OurClient>, Trouble> {
        let connection = self.state.store.connection().await?;
        Ok(list_our_clients(connection.executor(), self.provider()).await?)
    }

    /// What is to be said of the account, before any client.
    async fn account_itself(&self, said: &Said<SaidClient>) -> Result<(), Trouble> {
        let mut unit = Unit::default();
        unit.progress.after_key = Some(String::new());
        if said.unread > 0 {
            let theirs = format!("{} clients without an id", said.unread);
            unit.findings.push(self.list_of("clients", theirs));
        }
        unit.findings.extend(tokens::of_account(self).await?);
        unit.commit(self.state, self.run, self.worker).await
    }

    /// A client of ours that the provider lists, with its channels.
    pub(super) async fn client(
        &self,
        unit: &mut Unit,
        ours: &OurClient,
        said: &SaidClient,
        asked: &mut usize,
    ) -> Result<(), Trouble> {
        unit.client(self.account, ours, said);
        let channels = self.our_channels(ours).await?;
        let listed = match self.reader.channels(&ours.key, &channels).await {
            Err(Trouble::OfOne(error)) => {
                unit.findings.push(unreadable(ours, &error));
                return Ok(());
            }
            answered => answered?,
        };
        if listed.unread > 0 {
            let theirs = format!("{} channels without an id", listed.unread);
            unit.findings.push(self.list_of("channels", theirs));
        }
        let mut listed: HashMap<String, SaidChannel> =
            listed.items.into_iter().map(|channel| (channel.key.clone(), channel)).collect();
        for channel in &channels {
            match take(&mut listed, channel) {
                Some(said) => unit.channel(self.provider(), (ours, channel), &said),
                // It ended, as we know.
                None if channel.is_gone => {}
                None if *asked < MOST_ASKED => {
                    *asked += 1;
                    self.channel(unit, ours, channel).await?;
                }
                None => unit.findings.push(self.list_of("channels", format!("no {}", channel.key))),
            }
        }
        self.unknown_channels(unit, ours, listed).await?;
        tokens::of_channels(self, unit, ours, &channels).await
    }

    async fn our_channels(&self, client: &OurClient) -> Result<Vec<OurChannel>, Trouble> {
        let connection = self.state.store.connection().await?;
        Ok(list_our_channels(connection.executor(), self.provider(), client.id).await?)
    }

    /// Channels that the provider lists under a client of ours; one that we have under another client is told of there.
    async fn unknown_channels(
        &self,
        unit: &mut Unit,
        client: &OurClient,
        listed: HashMap<String, SaidChannel>,
    ) -> Result<(), Trouble> {
        if listed.is_empty() {
            return Ok(());
        }
        let mut unknown: Vec<SaidChannel> = listed.into_values().collect();
        unknown.sort_by(|one, other| one.key.cmp(&other.key));
        let keys: Vec<String> = unknown.iter().map(|channel| channel.key.clone()).collect();
        let connection = self.state.store.connection().await?;
        let homes = list_channel_homes(connection.executor(), self.provider(), &keys).await?;
        unknown.retain(|channel| homes.iter().all(|(key, _)| *key != channel.key));
        let findings = unknown
            .iter()
            .map(|channel| found::unknown_channel(client, &channel.key, channel.number.as_deref()));
        unit.findings.extend(findings);
        Ok(())
    }

    /// A client of ours that is in no list: asked for by itself, because a list may break off.
    pub(super) async fn lacking(
        &self,
        unit: &mut Unit,
        ours: &OurClient,
        asked: &mut usize,
    ) -> Result<(), Trouble> {
        let channels = self.our_channels(ours).await?;
        match self.reader.client(&ours.key, &channels).await {
            Ok(Some(said)) => self.client(unit, ours, &said, asked).await,
            Ok(None) => {
                if !ours.is_gone {
                    unit.client_is_gone(self.provider(), ours);
                }
                Ok(())
            }
            Err(Trouble::OfOne(error)) => {
                unit.findings.push(unreadable(ours, &error));
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// A channel of ours, asked for by itself.
    pub(super) async fn channel(
        &self,
        unit: &mut Unit,
        client: &OurClient,
        ours: &OurChannel,
    ) -> Result<(), Trouble> {
        match self.reader.channel(&client.key, ours).await {
            Ok(Some(said)) => unit.channel(self.provider(), (client, ours), &said),
            Ok(None) => unit.channel_is_gone(self.provider(), client, ours),
            Err(Trouble::OfOne(error)) => {
                let about = found::of_channel(SyncFindingKind::Unreadable, client, ours);
                unit.findings.push(NewFinding { theirs: Some(words(&error)), ..about });
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    /// Says of what nothing was concluded.
    async fn what_is_lacking(&self, is_whole: bool, unasked: usize) -> Result<(), Trouble> {
        let mut unit = Unit::default();
        if unasked > 0 {
            let theirs = format!("none of {unasked} clients more, too many to be believed");
            unit.findings.push(self.list_of("clients", theirs));
        } else if !is_whole {
            unit.findings.push(self.list_of("clients", "a part of the list alone".to_owned()));
        }
        if unit.findings.is_empty() {
            return Ok(());
        }
        unit.commit(self.state, self.run, self.worker).await
    }

    /// A list of the provider that is not to be believed.
    fn list_of(&self, what: &'static str, theirs: String) -> NewFinding {
        let about = found::of_account(SyncFindingKind::NotWhole, &self.account.partner_id);
        NewFinding { aspect: Some(what), theirs: Some(theirs), ..about }
    }
}

/// What is listed of a channel; a sender of Twilio's that is known by its address goes by its number.
fn take(listed: &mut HashMap<String, SaidChannel>, ours: &OurChannel) -> Option<SaidChannel> {
    let by_number = || {
        let number = ours.address()?;
        let found = listed.iter().find(|(_, said)| said.number.as_deref() == Some(number));
        found.map(|(key, _)| key.clone())
    };
    let key = by_number().unwrap_or_else(|| ours.key.clone());
    listed.remove(&key)
}

fn unreadable(client: &OurClient, error: &ProviderError) -> NewFinding {
    let about = found::of_client(SyncFindingKind::Unreadable, client);
    NewFinding { theirs: Some(words(error)), ..about }
}

/// The provider's words, as long as they are of use.
pub(super) fn words(error: &ProviderError) -> String {
    error.message.chars().filter(|letter| !letter.is_control()).take(300).collect()
}
