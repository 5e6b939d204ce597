use jiff::Timestamp;
use trunkline_core::events::Fact;
use trunkline_core::events::words::Limit;

/// A fact as it stands in the tables of facts and of history.
pub(in crate::events) fn value(fact: &Fact) -> String {
    match fact {
        Fact::ChannelStatus { status, .. } => status.as_str().to_owned(),
        Fact::ClientStatus { status, .. } => status.as_str().to_owned(),
        Fact::Quality { rating, .. } => rating.as_str().to_owned(),
        Fact::Limit(limit) => limit_value(limit),
        Fact::DisplayName(text) | Fact::ClientName(text) | Fact::PhoneNumber(text) => text.clone(),
        Fact::TokenExpiry(at) => {
            at.map_or_else(|| NEVER.to_owned(), |at: Timestamp| at.to_string())
        }
        Fact::Other(_, word) => word.clone(),
    }
}

/// Of a limit that is none.
pub(in crate::events) const UNLIMITED: &str = "unlimited";

/// Of a token that does not expire.
const NEVER: &str = "never";

fn limit_value(limit: &Limit) -> String {
    match limit.conversations {
        Some(number) => number.to_string(),
        None => UNLIMITED.to_owned(),
    }
}

/// The provider's word for a fact, where ours is another.
pub(in crate::events) fn word(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::ChannelStatus { word, .. }
        | Fact::ClientStatus { word, .. }
        | Fact::Quality { word, .. } => Some(word),
        Fact::Limit(limit) => Some(&limit.word),
        _ => None,
    }
}
