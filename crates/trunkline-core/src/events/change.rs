use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::words::Limit;
use crate::words::{UnknownWord, vocabulary};
use crate::{ChannelStatus, ClientStatus, QualityRating};

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing: it is kept, and that is all.
    Nothing,
    /// A message, or something else of a person's, came in.
    Message {
        /// What the provider calls it.
        id: String,
        /// Its type, as `text`.
        word: String,
    },
    /// A message that was sent went on.
    Status {
        /// What the provider calls the message.
        id: String,
        /// `None`: a word that this release does not know.
        status: Option<MessageStatus>,
        /// The provider's word.
        word: String,
        /// Why it failed.
        error: Option<MessageError>,
    },
    /// Something is now so.
    Facts(Vec<Fact>),
}

impl Change {
    /// These facts, if there are any.
    pub fn of(facts: impl IntoIterator<Item = Fact>) -> Self {
        let facts: Vec<Fact> = facts.into_iter().collect();
        if facts.is_empty() { Self::Nothing } else { Self::Facts(facts) }
    }
}

/// Why a message failed; nothing of the message itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageError {
    /// The provider's error code.
    pub code: String,
    /// What the provider calls it.
    pub title: Option<String>,
}

vocabulary! {
    /// How far a message is, in the order in which it goes.
    MessageStatus {
        /// Taken by the provider.
        Accepted = "accepted",
        /// Waiting at the provider.
        Queued = "queued",
        /// On its way to WhatsApp.
        Sending = "sending",
        /// WhatsApp has it.
        Sent = "sent",
        /// It will not arrive.
        Failed = "failed",
        /// It is on the recipient's device.
        Delivered = "delivered",
        /// The recipient saw it.
        Read = "read",
        /// The recipient heard it.
        Played = "played",
    }
}

impl MessageStatus {
    /// A greater one is later. A delivery outranks a failure, because it is the stronger proof.
    pub const fn rank(self) -> u8 {
        self as u8 + 1
    }
}

/// Something that is so, of the subject of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// How a channel stands. Of a client: all its channels do.
    ChannelStatus {
        /// In our words.
        status: ChannelStatus,
        /// In the provider's.
        word: String,
    },
    /// How people take what a channel sends.
    Quality {
        /// In our words.
        rating: QualityRating,
        /// In the provider's.
        word: String,
    },
    /// How many conversations a channel may begin. Of a client: all channels of its portfolio.
    Limit(Limit),
    /// The name that recipients see.
    DisplayName(String),
    /// The number itself.
    PhoneNumber(String),
    /// How a client stands.
    ClientStatus {
        /// In our words.
        status: ClientStatus,
        /// In the provider's.
        word: String,
    },
    /// What the client is called.
    ClientName(String),
    /// Until when our access token works; `None`: it does not expire.
    TokenExpiry(Option<Timestamp>),
    /// Something for which there is no column, in the provider's word.
    Other(Aspect, String),
}

vocabulary! {
    /// Of what a fact speaks: each has one value at a time, and a history.
    Aspect {
        /// How it stands.
        Status = "status",
        /// How people take what it sends.
        Quality = "quality",
        /// How many conversations it may begin.
        Limit = "limit",
        /// The name that recipients see, or that of the client.
        Name = "name",
        /// The number.
        PhoneNumber = "phone_number",
        /// What Meta said to a display name.
        NameReview = "name_review",
        /// Whether the business is verified.
        Verification = "verification",
        /// What the review of the account ended in.
        Review = "review",
        /// What is restricted, separated by commas.
        Restrictions = "restrictions",
        /// Whether the account is banned or about to be.
        Ban = "ban",
        /// The business portfolio that owns the client.
        Portfolio = "portfolio",
        /// How fast a number may send.
        Throughput = "throughput",
        /// Whether we may use the channel's key.
        Permission = "permission",
        /// Whether it was asked to end.
        Cancellation = "cancellation",
        /// Until when our token works.
        TokenExpiry = "token_expiry",
        /// Whether our token works, and may do what is needed.
        Token = "token",
        /// When its two-step verification was last touched.
        Pin = "pin",
    }
}

impl Fact {
    /// Of what it speaks.
    pub const fn aspect(&self) -> Aspect {
        match self {
            Self::ChannelStatus { .. } | Self::ClientStatus { .. } => Aspect::Status,
            Self::Quality { .. } => Aspect::Quality,
            Self::Limit(_) => Aspect::Limit,
            Self::DisplayName(_) | Self::ClientName(_) => Aspect::Name,
            Self::PhoneNumber(_) => Aspect::PhoneNumber,
            Self::TokenExpiry(_) => Aspect::TokenExpiry,
            Self::Other(aspect, _) => *aspect,
        }
    }
}
