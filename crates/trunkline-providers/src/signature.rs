//! What the providers' signatures of webhooks share: a code of the raw body, compared in constant time.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::digest::OutputSizeUser;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trunkline_core::secrets::Secret;

/// Whether this code is the HMAC of the message under the secret.
pub(crate) fn is_code<D: EagerHash + OutputSizeUser>(
    secret: &Secret,
    message: &[u8],
    code: &[u8],
) -> bool {
    let Ok(mut mac) = Hmac::<D>::new_from_slice(secret.expose().as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(message);
    mac.verify_slice(code).is_ok()
}

/// SHA-256 as hexadecimal digits of either case, whatever stands before them taken off.
pub(crate) fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let digits = text.strip_prefix("sha256=").unwrap_or(text);
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// Whether somebody knows a word that was agreed upon; the time tells neither its length nor its letters.
pub fn is_word(expected: &Secret, given: &[u8]) -> bool {
    let digest = |bytes: &[u8]| Sha256::digest(bytes);
    digest(expected.expose().as_bytes()).ct_eq(&digest(given)).into()
}
