use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroize;

use super::{Key, KeyId, Place, Secret};

const PREFIX: &str = "tlk1.";
const NONCE: usize = 12;
const TAG: usize = 16;

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Its key is not in the ring.
    #[error("it is sealed under key {0}, which is not in the key ring")]
    UnknownKey(KeyId),
    /// Not an envelope, or not a whole one.
    #[error("it is no envelope of the form tlk1.<key id>.<base64url>")]
    Malformed,
    /// The key is there, but the value was altered, or moved here from another row or column.
    #[error("it was altered, or moved here from another row or column")]
    Refused,
}

/// What a text of a ciphertext column is, seen without any key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A whole envelope.
    Sealed(KeyId),
    /// It begins like an envelope of some version and is not one that is understood: cut short, or
    /// made by a newer release. It must not be taken for plaintext.
    Malformed,
    /// Anything else.
    Plaintext,
}

impl Form {
    /// Looks at a text.
    pub fn of(text: &str) -> Self {
        match parse(text) {
            Some((key, _)) => Self::Sealed(key),
            None if begins_like_an_envelope(text) => Self::Malformed,
            None => Self::Plaintext,
        }
    }
}

/// Whether a text is a whole envelope.
pub fn is_sealed(text: &str) -> bool {
    matches!(Form::of(text), Form::Sealed(_))
}

/// `tlk`, digits, a point: kept for every version to come.
fn begins_like_an_envelope(text: &str) -> bool {
    text.strip_prefix("tlk").and_then(|rest| rest.split_once('.')).is_some_and(|(version, _)| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The key id, and nonce, ciphertext and tag.
fn parse(text: &str) -> Option<(KeyId, Vec<u8>)> {
    let (key, body) = text.strip_prefix(PREFIX)?.split_once('.')?;
    let body = URL_SAFE_NO_PAD.decode(body).ok()?;
    (body.len() >= NONCE + TAG).then_some((key.parse().ok()?, body))
}

/// The key id of an envelope.
pub(super) fn key_id(text: &str) -> Option<KeyId> {
    parse(text).map(|(key, _)| key)
}

pub(super) fn seal(
    key: &Key,
    place: &Place<'_>,
    secret: &Secret,
    random: &mut impl CryptoRng,
) -> String {
    let mut nonce = [0; NONCE];
    random.fill_bytes(&mut nonce);
    let aad = place.associated_data();
    let payload = Payload { msg: secret.expose().as_bytes(), aad: &aad };
    let sealed = cipher(key)
        .encrypt(&Nonce::from(nonce), payload)
        .expect("AES-GCM seals whatever is shorter than 64 GiB");
    let body = [nonce.as_slice(), &sealed].concat();
    format!("{PREFIX}{}.{}", key.id(), URL_SAFE_NO_PAD.encode(body))
}

/// Opens an envelope by the key that `find` gives for its id.
pub(super) fn open<'a>(
    text: &str,
    place: &Place<'_>,
    find: impl FnOnce(KeyId) -> Option<&'a Key>,
) -> Result<Secret, OpenError> {
    let (id, body) = parse(text).ok_or(OpenError::Malformed)?;
    let key = find(id).ok_or(OpenError::UnknownKey(id))?;
    let (nonce, sealed) = body.split_first_chunk::<NONCE>().ok_or(OpenError::Malformed)?;
    let aad = place.associated_data();
    let opened = cipher(key)
        .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &aad })
        .map_err(|_| OpenError::Refused)?;
    match String::from_utf8(opened) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(OpenError::Refused)
        }
    }
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new((&*key.encryption_key()).into())
}

#[cfg(test)]
mod tests {
    use super::{Form, is_sealed};

    #[test]
    fn what_begins_like_an_envelope_is_never_plaintext() {
        let whole = format!("tlk1.0a1b2c3d.{}", "A".repeat(38));
        assert!(is_sealed(&whole));
        for malformed in [
            "tlk1.",
            "tlk2.0a1b2c3d.AAAA",
            "tlk17.anything",
            "tlk1.0a1b2c3d",
            &whole[..whole.len() - 1],
            &whole.replace("0a", "0A"),
            &format!("{whole}=="),
            &format!("{whole}\n"),
        ] {
            assert_eq!(Form::of(malformed), Form::Malformed, "{malformed}");
        }
        for plaintext in ["", "tlk", "tlk.x", "tlkey1_x", "tlk_live", "tlk1", "EAAG", " tlk1.x"] {
            assert_eq!(Form::of(plaintext), Form::Plaintext, "{plaintext}");
        }
    }
}
