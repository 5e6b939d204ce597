use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::KeyId;

/// A secret shows its last four characters only if they are at most a third of it.
const SHORTEST_WITH_END: usize = 12;

/// A secret in memory: never printed, wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text over; its own memory is wiped at the end.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text itself, for the provider's call or the envelope alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The last four characters, by which a person tells one secret from another.
    ///
    /// `None` for one of fewer than twelve characters: four of them would give too much away.
    pub fn last_four(&self) -> Option<String> {
        let text = self.expose();
        let length = text.chars().count();
        (length >= SHORTEST_WITH_END).then(|| text.chars().skip(length - 4).collect())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader).map(Self::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What can be shown of a secret to see whether two are the same: `<key id>:<12 digits>`.
///
/// It is an HMAC under a subkey of the ring's key, not a plain hash. Some secrets are words that a
/// person chose (a webhook's verify token): of those a plain hash in an audit log could be guessed
/// offline, the more so with the last four characters beside it. The price is that only fingerprints
/// under one key compare, therefore it names the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    pub(super) key: KeyId,
    pub(super) digest: [u8; 6],
}

impl Fingerprint {
    /// Under which key it was made.
    pub fn key(&self) -> KeyId {
        self.key
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.key)?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn the_end_is_shown_only_of_what_is_long() {
        let end = |text: &str| Secret::new(text.to_owned()).last_four();
        assert_eq!(end("0123456789ab"), Some("89ab".to_owned()));
        assert_eq!(end("0123456789a"), None);
        assert_eq!(end("ключ-от-двери"), Some("вери".to_owned()));
        assert_eq!(end(""), None);
    }

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Some(Secret::new("hidden".to_owned()))), "Some(Secret(…))");
    }
}
