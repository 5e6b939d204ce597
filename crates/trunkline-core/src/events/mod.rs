//! What a webhook or a sync says: one normalised fact or message event, about one channel or client.
//!
//! Providers' words become ours in [`words`] and nowhere else.

mod change;
mod key;
mod kind;
pub mod words;

pub use change::{Aspect, Change, Fact, MessageError, MessageStatus};
pub use key::EventKey;
pub use kind::{EventKind, Source};

use std::borrow::Cow;

use jiff::Timestamp;

/// One thing that happened, as a provider told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which stream of webhooks it came in.
    pub source: Source,
    /// Our name for it.
    pub kind: EventKind,
    /// The provider's name for it: its field or event, as `account_update PARTNER_ADDED`.
    pub provider_kind: Cow<'static, str>,
    /// What it is about.
    pub subject: Subject,
    /// When it happened, as far as the provider says.
    pub occurred_at: Option<Timestamp>,
    /// The same for every delivery of the same event.
    pub dedupe_key: EventKey,
    /// What is to be applied.
    pub change: Change,
    /// Whether it only hints at something that must be asked of the provider.
    pub hints: bool,
    /// The part of the body that it was read from, as JSON; `None` where people's numbers and words
    /// stand in it, which stay in the inbox alone.
    pub raw: Option<String>,
}

/// What an event is about, in the provider's own ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A WhatsApp number, by its id or, where the provider gives none, by the number itself.
    Channel {
        /// Phone number id, 360dialog channel id or Twilio sender SID.
        id: Option<String>,
        /// E.164 with the plus sign.
        number: Option<String>,
        /// The client that it belongs to, where that is said.
        client: Option<String>,
    },
    /// A company's account: WABA id, 360dialog client id or Twilio account SID.
    Client(String),
    /// The partner account that received the webhook.
    Account,
}

impl Subject {
    /// A channel known by its id alone.
    pub fn channel(id: impl Into<String>) -> Self {
        Self::Channel { id: Some(id.into()), number: None, client: None }
    }
}
