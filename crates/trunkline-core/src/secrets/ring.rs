use rand_core::CryptoRng;
use thiserror::Error;

use super::envelope::{self, OpenError};
use super::key::{Key, KeyId, hmac};
use super::{Fingerprint, Place, Secret};

/// The keys: the active one seals, and every one opens.
#[derive(Debug)]
pub struct KeyRing {
    active: Key,
    older: Vec<Key>,
}

/// Why a text is no key ring. It names the line, and never what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RingError {
    /// Nothing but comments.
    #[error("there is no key in it")]
    Empty,
    /// A word that is no key.
    #[error("line {line} holds something that is no key: one is tlkey1_ and 43 characters")]
    NotAKey {
        /// Counted from 1.
        line: usize,
    },
    /// Two keys with one id: the same key twice, or, once in four thousand million, two that collide.
    #[error("line {line} holds key {id} a second time")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// The id.
        id: KeyId,
    },
}

impl KeyRing {
    /// Reads keys, one a line, the active one first; `#` begins a comment.
    ///
    /// In an environment variable, where lines are awkward, spaces or commas separate keys too.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        let mut keys: Vec<Key> = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.split('#').next().unwrap_or_default();
            let separator = |c: char| c.is_whitespace() || c == ',';
            for word in line.split(separator).filter(|word| !word.is_empty()) {
                let key = Key::parse(word).ok_or(RingError::NotAKey { line: number })?;
                let id = key.id();
                if keys.iter().any(|known| known.id() == id) {
                    return Err(RingError::Twice { line: number, id });
                }
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Err(RingError::Empty);
        }
        let older = keys.split_off(1);
        keys.pop().map(|active| Self { active, older }).ok_or(RingError::Empty)
    }

    /// The id of the key that seals.
    pub fn active(&self) -> KeyId {
        self.active.id()
    }

    /// The ids of all keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys().map(Key::id)
    }

    /// Whether it has this key.
    pub fn contains(&self, id: KeyId) -> bool {
        self.find(id).is_some()
    }

    /// Seals a secret for its place under the active key, with a random nonce.
    ///
    /// Random nonces are safe for 2³² seals under one key; rotate long before.
    pub fn seal(&self, place: &Place<'_>, secret: &Secret, random: &mut impl CryptoRng) -> String {
        envelope::seal(&self.active, place, secret, random)
    }

    /// Opens a value at its place by whichever key it names.
    pub fn open(&self, place: &Place<'_>, text: &str) -> Result<Secret, OpenError> {
        envelope::open(text, place, |id| self.find(id))
    }

    /// Whether a value is sealed under another key than the active one.
    pub fn needs_rotation(&self, text: &str) -> bool {
        envelope::key_id(text).is_some_and(|id| id != self.active())
    }

    /// The fingerprint of a secret under the active key.
    pub fn fingerprint(&self, secret: &Secret) -> Fingerprint {
        fingerprint(&self.active, secret)
    }

    /// The fingerprint under a certain key, to compare with an older one; `None` if the key is gone.
    pub fn fingerprint_under(&self, id: KeyId, secret: &Secret) -> Option<Fingerprint> {
        self.find(id).map(|key| fingerprint(key, secret))
    }

    /// Signs what is given away and must come back unaltered, such as a cursor; `purpose` keeps apart
    /// what is signed for different uses.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; SIGNATURE] {
        sign(&self.active, purpose, message)
    }

    /// Whether one of the keys signed this for this purpose; compared in constant time.
    pub fn is_signed(&self, purpose: &str, message: &[u8], signature: &[u8]) -> bool {
        self.keys().any(|key| {
            let expected = sign(key, purpose, message);
            let differences = expected.iter().zip(signature).fold(0, |all, (a, b)| all | (a ^ b));
            signature.len() == SIGNATURE && differences == 0
        })
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.active).chain(&self.older)
    }

    fn find(&self, id: KeyId) -> Option<&Key> {
        self.keys().find(|key| key.id() == id)
    }
}

/// The length of a signature: 128 bits of an HMAC, which nobody guesses over a network.
const SIGNATURE: usize = 16;

fn sign(key: &Key, purpose: &str, message: &[u8]) -> [u8; SIGNATURE] {
    // No purpose holds a zero byte, so that the boundary is plain.
    let digest = hmac(&key.signing_key(), &[purpose.as_bytes(), &[0], message].concat());
    let mut signature = [0; SIGNATURE];
    signature.copy_from_slice(&digest[..SIGNATURE]);
    signature
}

fn fingerprint(key: &Key, secret: &Secret) -> Fingerprint {
    let digest = hmac(&key.fingerprint_key(), secret.expose().as_bytes());
    let mut shown = [0; 6];
    shown.copy_from_slice(&digest[..6]);
    Fingerprint { key: key.id(), digest: shown }
}
