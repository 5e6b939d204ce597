use std::collections::HashMap;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use trunkline_core::Clock;
use trunkline_providers::dialog360::{Api, Channel, Client};
use trunkline_store::partner_accounts::PartnerAccount;

use super::{Said, SaidChannel, SaidClient, short};
use crate::State;
use crate::providers::{Waiting, dialog360_api};
use crate::syncs::trouble::Trouble;

/// 360dialog lists the channels of all clients at once: they are asked for once.
pub(in crate::syncs) struct Reader {
    api: Api,
    clock: Clock,
    channels: OnceCell<Channels>,
}

struct Channels {
    by_client: HashMap<String, Vec<SaidChannel>>,
    is_whole: bool,
}

impl Reader {
    pub(super) fn open(state: &State, account: &PartnerAccount) -> Result<Self, Trouble> {
        let api = dialog360_api(state, account, Waiting::Job)?;
        Ok(Self { api, clock: state.clock.clone(), channels: OnceCell::new() })
    }

    pub(super) async fn clients(&self) -> Result<Said<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        Ok(Said::of(self.api.clients().await?, |client| said_client(&client, asked_at)))
    }

    pub(super) async fn channels(&self, client: &str) -> Result<Said<SaidChannel>, Trouble> {
        let all = self.channels.get_or_try_init(|| self.list()).await?;
        let items = all.by_client.get(client).cloned().unwrap_or_default();
        Ok(Said { items, is_whole: all.is_whole, unread: 0 })
    }

    async fn list(&self) -> Result<Channels, Trouble> {
        let asked_at = self.clock.now();
        // It is the list of all: what is refused here is refused for every client.
        let list = self.api.channels().await.map_err(Trouble::Provider)?;
        let mut by_client: HashMap<String, Vec<SaidChannel>> = HashMap::new();
        for channel in &list.items {
            let client = channel.client_id.as_deref().unwrap_or_default().to_owned();
            by_client.entry(client).or_default().push(said_channel(channel, asked_at));
        }
        // An entry that cannot be read may be any client's.
        Ok(Channels { by_client, is_whole: list.is_whole && list.unread == 0 })
    }

    pub(super) async fn client(&self, key: &str) -> Result<Option<SaidClient>, Trouble> {
        let asked_at = self.clock.now();
        let found = self.api.client(key).await?;
        Ok(found.map(|client| said_client(&client, asked_at)))
    }

    pub(super) async fn channel(&self, key: &str) -> Result<Option<SaidChannel>, Trouble> {
        let asked_at = self.clock.now();
        let found = self.api.channel(key).await?;
        Ok(found.map(|channel| said_channel(&channel, asked_at)))
    }
}

fn said_client(client: &Client, asked_at: Timestamp) -> SaidClient {
    let name = client.name.as_deref().map(ToOwned::to_owned);
    SaidClient { key: client.id.to_string(), name, facts: short(client.facts()), asked_at }
}

fn said_channel(channel: &Channel, asked_at: Timestamp) -> SaidChannel {
    SaidChannel {
        key: channel.id.to_string(),
        client: channel.client_id.as_deref().map(ToOwned::to_owned),
        number: channel.e164(),
        facts: short(channel.facts()),
        asked_at,
    }
}
