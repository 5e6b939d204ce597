//! What a provider's word means in ours. Every list of theirs is open: an unknown word has no meaning, and is kept.

use super::MessageStatus;
use crate::{ChannelStatus, ClientStatus, Provider, QualityRating};

/// How many conversations may be begun in 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// `None`: without limit, or not known.
    pub conversations: Option<i32>,
    /// Whether the word says that there is no limit.
    pub is_unlimited: bool,
    /// Whose limit it is.
    pub scope: LimitScope,
    /// The provider's word.
    pub word: String,
}

/// Whose a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitScope {
    /// The number's own.
    Number,
    /// That of all numbers of a business portfolio together.
    Portfolio,
}

impl LimitScope {
    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Portfolio => "portfolio",
        }
    }
}

/// Reads a limit: a tier (`TIER_2K`), a number, `-1` for none, or Twilio's `10K Customers/24hr`.
///
/// `None` where the word does not say how much: `TIER_NOT_SET`, or something new.
pub fn limit(word: &str, scope: LimitScope) -> Option<Limit> {
    let text = word.trim();
    let tier = text.strip_prefix("TIER_").unwrap_or(text);
    let amount = tier.split_whitespace().next().unwrap_or_default();
    let is_unlimited = amount.eq_ignore_ascii_case("UNLIMITED") || amount == "-1";
    let conversations = if is_unlimited { None } else { Some(thousands(amount)?) };
    Some(Limit { conversations, is_unlimited, scope, word: word.to_owned() })
}

fn thousands(amount: &str) -> Option<i32> {
    let (digits, factor) = match amount.as_bytes().last()? {
        b'K' | b'k' => (&amount[..amount.len() - 1], 1_000),
        b'M' | b'm' => (&amount[..amount.len() - 1], 1_000_000),
        _ => (amount, 1),
    };
    digits.parse::<i32>().ok().filter(|number| *number >= 0)?.checked_mul(factor)
}

/// Reads a quality: Meta's colours, or the `High` and `Low` of 360dialog and Twilio.
pub fn quality(word: &str) -> Option<QualityRating> {
    let is = |known: &[&str]| known.iter().any(|known| word.trim().eq_ignore_ascii_case(known));
    if is(&["GREEN", "HIGH"]) {
        Some(QualityRating::Green)
    } else if is(&["YELLOW", "MEDIUM"]) {
        Some(QualityRating::Yellow)
    } else if is(&["RED", "LOW"]) {
        Some(QualityRating::Red)
    } else if is(&["UNKNOWN", "NA", ""]) {
        Some(QualityRating::Unknown)
    } else {
        None
    }
}

/// Reads how a channel stands.
///
/// Meta: `status` of a phone number. 360dialog: `status`, `hub_status` and `availability_status` of a channel, and the
/// life cycle in the names of its events. Twilio: `status` of a sender.
pub fn channel_status(provider: Provider, word: &str) -> Option<ChannelStatus> {
    use ChannelStatus as Status;
    Some(match provider {
        Provider::Meta => match word {
            "CONNECTED" => Status::Running,
            "PENDING" => Status::Pending,
            "UNVERIFIED" => Status::Unverified,
            "FLAGGED" => Status::Flagged,
            "RESTRICTED" | "RATE_LIMITED" => Status::Restricted,
            "BANNED" => Status::Banned,
            "MIGRATED" => Status::Migrated,
            "DELETED" => Status::Deleted,
            "DISCONNECTED" => Status::Disconnected,
            _ => return None,
        },
        Provider::Dialog360 => match word {
            "live" => Status::Running,
            "created"
            | "unverified"
            | "verified"
            | "imported"
            | "pending"
            | "submitted"
            | "ready"
            | "running"
            | "modified"
            | "new_name_requested"
            | "consents_signed"
            | "porting_ready"
            | "ready_for_migration"
            | "waiting_for_migration_code"
            | "migration_code_requested" => Status::Pending,
            "certificate_declined" | "error" => Status::Failed,
            "disabled" => Status::Suspended,
            "banned" => Status::Banned,
            "cancelled" | "terminated" | "bsp_removed" => Status::Disconnected,
            "deleted" => Status::Deleted,
            _ => return None,
        },
        Provider::Twilio => match word {
            "ONLINE" | "ONLINE:UPDATING" => Status::Running,
            "CREATING" | "VERIFYING" | "TWILIO_REVIEW" | "DRAFT" => Status::Pending,
            "PENDING_VERIFICATION" => Status::Unverified,
            "OFFLINE" => Status::Suspended,
            _ => return None,
        },
    })
}

/// Reads how far a message is; the same for all, as no word means two things.
pub fn message_status(word: &str) -> Option<MessageStatus> {
    Some(match word {
        "accepted" | "scheduled" => MessageStatus::Accepted,
        "queued" => MessageStatus::Queued,
        "sending" => MessageStatus::Sending,
        "sent" => MessageStatus::Sent,
        "failed" | "undelivered" | "canceled" => MessageStatus::Failed,
        "delivered" | "partially_delivered" => MessageStatus::Delivered,
        "read" => MessageStatus::Read,
        "played" => MessageStatus::Played,
        _ => return None,
    })
}

/// Reads how a client stands: `status` of a WABA, of a 360dialog client, of a Twilio subaccount.
pub fn client_status(provider: Provider, word: &str) -> Option<ClientStatus> {
    Some(match (provider, word.to_ascii_lowercase().as_str()) {
        (_, "active") => ClientStatus::Active,
        (_, "pending") => ClientStatus::Pending,
        (Provider::Meta, "restricted") => ClientStatus::Restricted,
        (Provider::Meta, "disabled") | (Provider::Twilio, "suspended") => ClientStatus::Suspended,
        (Provider::Twilio, "closed") => ClientStatus::Deleted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{LimitScope, channel_status, client_status, limit, quality};
    use crate::{ChannelStatus, ClientStatus, Provider, QualityRating};

    #[test]
    fn a_limit_is_read_in_every_spelling() {
        for (word, conversations) in [
            ("TIER_50", Some(50)),
            ("TIER_250", Some(250)),
            ("TIER_1K", Some(1_000)),
            ("TIER_2K", Some(2_000)),
            ("TIER_100K", Some(100_000)),
            ("2000", Some(2_000)),
            ("10K Customers/24hr", Some(10_000)),
            ("1M Customers/24hr", Some(1_000_000)),
            ("TIER_UNLIMITED", None),
            ("Unlimited", None),
            ("-1", None),
        ] {
            let read = limit(word, LimitScope::Portfolio).unwrap();
            assert_eq!(
                (read.conversations, read.is_unlimited),
                (conversations, conversations.is_none()),
                "{word}"
            );
        }
        for word in ["TIER_NOT_SET", "UNTIERED", "", "lots", "-5", "99999999999K", "Ü"] {
            assert_eq!(limit(word, LimitScope::Number), None, "{word}");
        }
    }

    #[test]
    fn a_quality_is_read_in_every_spelling() {
        assert_eq!(quality("green"), Some(QualityRating::Green));
        assert_eq!(quality("MEDIUM"), Some(QualityRating::Yellow));
        assert_eq!(quality("Low"), Some(QualityRating::Red));
        assert_eq!(quality("NA"), Some(QualityRating::Unknown));
        assert_eq!(quality("PURPLE"), None);
    }

    #[test]
    fn a_status_is_read_by_the_provider_whose_word_it_is() {
        let read = channel_status;
        assert_eq!(read(Provider::Meta, "CONNECTED"), Some(ChannelStatus::Running));
        assert_eq!(read(Provider::Dialog360, "live"), Some(ChannelStatus::Running));
        assert_eq!(read(Provider::Twilio, "ONLINE:UPDATING"), Some(ChannelStatus::Running));
        assert_eq!(read(Provider::Twilio, "CONNECTED"), None);
        assert_eq!(client_status(Provider::Meta, "DISABLED"), Some(ClientStatus::Suspended));
        assert_eq!(client_status(Provider::Dialog360, "active"), Some(ClientStatus::Active));
    }
}
