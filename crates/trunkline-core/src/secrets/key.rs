use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// What a key begins with as text, so that scanners for leaked secrets know one.
const PREFIX: &str = "tlkey1_";

/// How long a key is, in bytes.
const LENGTH: usize = 32;

/// The name of a key: eight hexadecimal digits computed from it.
///
/// It stands in clear in front of every ciphertext. It says nothing of the key, and the wrong key
/// cannot be given under a right name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

/// Not eight lower-case hexadecimal digits.
#[derive(Debug, Error)]
#[error("a key id is eight lower-case hexadecimal digits")]
pub struct BadKeyId;

/// 256 bits, from which everything that is done with a key is derived; wiped when it is dropped.
///
/// Each use has a subkey of its own, HMAC-SHA-256 of a label under the key, so that no use can
/// weaken another.
pub struct Key {
    id: KeyId,
    bytes: SecretBox<[u8; LENGTH]>,
}

impl Key {
    /// A new key. `random` must be the operating system's generator or one that it seeds.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self::new(SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| random.fill_bytes(bytes)))
    }

    /// Reads `tlkey1_<43 characters of base64url>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(digits).ok()?);
        let bytes: &[u8; LENGTH] = decoded.as_slice().try_into().ok()?;
        Some(Self::new(SecretBox::init_with_mut(|key: &mut [u8; LENGTH]| *key = *bytes)))
    }

    fn new(bytes: SecretBox<[u8; LENGTH]>) -> Self {
        let derived = derive(&bytes, b"trunkline/tlk1/id");
        Self { id: KeyId([derived[0], derived[1], derived[2], derived[3]]), bytes }
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key as it stands in a key file: for that file alone.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Made whole at once: a string that grows would leave parts of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + LENGTH * 2));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(self.bytes.expose_secret(), &mut text);
        text
    }

    /// The subkey of AES-256-GCM.
    pub(super) fn encryption_key(&self) -> Zeroizing<[u8; LENGTH]> {
        derive(&self.bytes, b"trunkline/tlk1/encryption")
    }

    /// The subkey of fingerprints.
    pub(super) fn fingerprint_key(&self) -> Zeroizing<[u8; LENGTH]> {
        derive(&self.bytes, b"trunkline/tlk1/fingerprint")
    }

    /// The subkey of signatures.
    pub(super) fn signing_key(&self) -> Zeroizing<[u8; LENGTH]> {
        derive(&self.bytes, b"trunkline/tlk1/signature")
    }
}

fn derive(key: &SecretBox<[u8; LENGTH]>, label: &[u8]) -> Zeroizing<[u8; LENGTH]> {
    hmac(key.expose_secret(), label)
}

/// HMAC-SHA-256 under a key of 256 bits.
pub(super) fn hmac(key: &[u8; LENGTH], message: &[u8]) -> Zeroizing<[u8; LENGTH]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of whatever length");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = BadKeyId;

    fn from_str(text: &str) -> Result<Self, BadKeyId> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 8 || !text.bytes().all(is_digit) {
            return Err(BadKeyId);
        }
        let number = u32::from_str_radix(text, 16).map_err(|_| BadKeyId)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyId};

    #[test]
    fn an_id_is_eight_lower_case_digits() {
        let id: KeyId = "0a1b2c3d".parse().unwrap();
        assert_eq!(id.to_string(), "0a1b2c3d");
        for wrong in ["", "0a1b2c3", "0a1b2c3d4", "0A1b2c3d", "+a1b2c3d", "0a1b2c3g", "0a1b2cé"] {
            assert!(wrong.parse::<KeyId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_whole_keys_are_read() {
        let text = format!("tlkey1_{}", "A".repeat(43));
        assert_eq!(*Key::parse(&text).unwrap().to_text(), text);
        let wrong = [
            text[..49].to_owned(),
            format!("{text}A"),
            format!("{text}="),
            // Bits behind the last byte that are not zero: another spelling of the same key.
            format!("{}B", &text[..49]),
            text.replace("tlkey1_", "tlkey2_"),
            "A".repeat(43),
        ];
        for wrong in wrong {
            assert!(Key::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_the_id_alone() {
        let key = Key::parse(&format!("tlkey1_{}", "A".repeat(43))).unwrap();
        assert_eq!(format!("{key:?}"), format!("Key({})", key.id()));
    }
}
