//! What a provider says of a partner account's clients and channels, in one form for all.

mod dialog360;
mod meta;
mod twilio;

use jiff::Timestamp;
use secrecy::SecretString;
use trunkline_core::Provider;
use trunkline_core::events::Fact;
use trunkline_core::secrets::KeyRing;
use trunkline_providers::api::List;
use trunkline_store::channels::find_channel_secret;
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::syncs::OurChannel;
use trunkline_store::{QualifiedId, Store};

use super::trouble::Trouble;
use crate::State;

/// A client, as its provider describes it.
#[derive(Debug, Clone)]
pub(super) struct SaidClient {
    /// The provider's id.
    pub(super) key: String,
    /// What it is called.
    pub(super) name: Option<String>,
    /// What is so.
    pub(super) facts: Vec<Fact>,
    /// When the provider was asked.
    pub(super) asked_at: Timestamp,
}

/// A channel, as its provider describes it.
#[derive(Debug, Clone)]
pub(super) struct SaidChannel {
    /// The provider's id.
    pub(super) key: String,
    /// The client that it is of, by the provider's id, where that is said.
    pub(super) client: Option<String>,
    /// Its number.
    pub(super) number: Option<String>,
    /// What is so.
    pub(super) facts: Vec<Fact>,
    /// When the provider was asked.
    pub(super) asked_at: Timestamp,
}

/// A list, as a provider gave it.
#[derive(Debug, Clone)]
pub(super) struct Said<T> {
    /// What could be read.
    pub(super) items: Vec<T>,
    /// Whether that is everything, by the provider's own word.
    pub(super) is_whole: bool,
    /// How many entries could not be read.
    pub(super) unread: usize,
}

impl<T> Said<T> {
    fn of<L>(list: List<L>, item: impl FnMut(L) -> T) -> Self {
        let List { items, unread, is_whole } = list;
        Self { items: items.into_iter().map(item).collect(), is_whole, unread }
    }
}

/// Reads one partner account at its provider.
pub(super) enum Reader {
    Dialog360(dialog360::Reader),
    Meta(meta::Reader),
    Twilio(twilio::Reader),
}

impl Reader {
    pub(super) fn open(state: &State, account: &PartnerAccount) -> Result<Self, Trouble> {
        Ok(match account.provider {
            Provider::Dialog360 => Self::Dialog360(dialog360::Reader::open(state, account)?),
            Provider::Meta => Self::Meta(meta::Reader::open(state, account)?),
            Provider::Twilio => Self::Twilio(twilio::Reader::open(state, account)?),
        })
    }

    /// Every client of the account.
    pub(super) async fn clients(&self) -> Result<Said<SaidClient>, Trouble> {
        match self {
            Self::Dialog360(reader) => reader.clients().await,
            Self::Meta(reader) => reader.clients().await,
            Self::Twilio(reader) => reader.clients().await,
        }
    }

    /// Every channel of a client; `ours` are those that we have of it.
    pub(super) async fn channels(
        &self,
        client: &str,
        ours: &[OurChannel],
    ) -> Result<Said<SaidChannel>, Trouble> {
        match self {
            Self::Dialog360(reader) => reader.channels(client).await,
            Self::Meta(reader) => reader.channels(client, ours).await,
            Self::Twilio(reader) => reader.channels(client).await,
        }
    }

    /// One client; `None`: there is none, or it is out of our reach.
    pub(super) async fn client(
        &self,
        key: &str,
        ours: &[OurChannel],
    ) -> Result<Option<SaidClient>, Trouble> {
        match self {
            Self::Dialog360(reader) => reader.client(key).await,
            Self::Meta(reader) => reader.client(key, ours).await,
            Self::Twilio(reader) => reader.client(key).await,
        }
    }

    /// One channel of a client; `None`: there is none, or it is out of our reach.
    pub(super) async fn channel(
        &self,
        client: &str,
        channel: &OurChannel,
    ) -> Result<Option<SaidChannel>, Trouble> {
        match self {
            Self::Dialog360(reader) => reader.channel(&channel.key).await,
            Self::Meta(reader) => reader.channel(channel).await,
            Self::Twilio(reader) => reader.channel(client, channel).await,
        }
    }
}

/// The token that a channel has of its company or subaccount, if it opens.
pub(super) async fn channel_token(
    store: &Store,
    keys: &KeyRing,
    provider: Provider,
    channel: i32,
) -> Result<Option<SecretString>, Trouble> {
    let row = QualifiedId { provider, number: channel };
    let connection = store.connection().await?;
    let secret = find_channel_secret(connection.executor(), row, keys).await?;
    Ok(secret.and_then(Result::ok).map(|token| token.expose().into()))
}

/// The longest text of a provider's that is taken over.
const LONGEST: usize = 300;

/// Cuts what no table of ours should hold.
fn short(facts: Vec<Fact>) -> Vec<Fact> {
    let cut = |text: String| text.chars().take(LONGEST).collect::<String>();
    let fact = |fact| match fact {
        Fact::DisplayName(text) => Fact::DisplayName(cut(text)),
        Fact::ClientName(text) => Fact::ClientName(cut(text)),
        Fact::Other(aspect, text) => Fact::Other(aspect, cut(text)),
        other => other,
    };
    facts.into_iter().map(fact).collect()
}
