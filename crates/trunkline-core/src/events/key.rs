use sha2::{Digest, Sha256};

use super::MessageStatus;

/// What makes two deliveries the same event: 16 bytes, of which the last orders the statuses of one message.
///
/// All statuses of a message share the first 15 bytes, so they stand beside one another in an index: one look finds
/// whether this one is known and whether a later one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(pub u128);

impl EventKey {
    /// Of texts that name the event; each counts with its length, so that no two lists are the same.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        let mut first = [0; 16];
        first.copy_from_slice(&digest.finalize()[..16]);
        Self(u128::from_be_bytes(first))
    }

    /// Of a message in one status, with the recipient where a group has many.
    pub fn of_status(message: &str, recipient: Option<&str>, status: MessageStatus) -> Self {
        let key = Self::of(&[b"status", message.as_bytes(), recipient.unwrap_or("").as_bytes()]);
        Self(key.first_of_message().0 | u128::from(status.rank()))
    }

    /// The least key of the same message.
    #[must_use]
    pub const fn first_of_message(self) -> Self {
        Self(self.0 & !0xff)
    }

    /// The greatest key of the same message.
    #[must_use]
    pub const fn last_of_message(self) -> Self {
        Self(self.0 | 0xff)
    }
}

#[cfg(test)]
mod tests {
    use super::{EventKey, MessageStatus};

    #[test]
    fn statuses_of_a_message_are_neighbours_in_the_order_in_which_they_come() {
        let key = |status| EventKey::of_status("wamid.1", None, status);
        let (sent, read) = (key(MessageStatus::Sent), key(MessageStatus::Read));
        assert!(sent < read && sent.first_of_message() == read.first_of_message());
        assert!(sent.first_of_message() < sent && read < sent.last_of_message());
        let other = EventKey::of_status("wamid.2", None, MessageStatus::Sent);
        assert_ne!(other.first_of_message(), sent.first_of_message());
        let member = EventKey::of_status("wamid.1", Some("1"), MessageStatus::Sent);
        assert_ne!(member.first_of_message(), sent.first_of_message());
    }

    #[test]
    fn where_a_part_ends_matters() {
        assert_ne!(EventKey::of(&[b"ab", b"c"]), EventKey::of(&[b"a", b"bc"]));
    }
}
