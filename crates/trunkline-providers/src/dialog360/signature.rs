use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::Sha256;
use trunkline_core::secrets::Secret;

use crate::signature::{hexadecimal, is_code};

/// The header of the signature of partner webhooks
/// (`https://docs.360dialog.com/partner/onboarding/webhook-events-and-setup/signature-validation`).
pub const SIGNATURE_HEADER: &str = "x-360dialog-signature";

/// Whether the platform secret signed a body: HMAC-SHA256 of the raw bytes.
///
/// The page does not say how it is written. Integrations that run against the service have seen
/// hexadecimal digits, with and without `sha256=`; base64 is taken as well.
pub fn is_signed(platform_secret: &Secret, body: &[u8], signature: &str) -> bool {
    let code = hexadecimal(signature).or_else(|| {
        let bytes = BASE64_STANDARD.decode(signature.trim()).ok()?;
        bytes.try_into().ok()
    });
    code.is_some_and(|code| is_code::<Sha256>(platform_secret, body, &code))
}

#[cfg(test)]
mod tests {
    use trunkline_core::secrets::Secret;

    use super::is_signed;

    const BODY: &[u8] = br#"{"id":"evt_1","event":"channel_live","data":{"id":"tlbN64CH"}}"#;
    const DIGITS: &str = "1a13a2705daa3e4e2be4b4faca6ca7d612eb335a7a7102103dcfbaa9f3dab6ea";

    #[test]
    fn what_was_measured_is_signed_however_it_is_written() {
        let secret = Secret::new("platform-secret".to_owned());
        let base64 = "GhOicF2qPk4r5LT6ymyn1hLrM1p6cQIQPc+6qfPatuo=";
        let written = [DIGITS, &format!("sha256={DIGITS}"), &DIGITS.to_uppercase(), base64]
            .map(str::to_owned);
        for signature in written {
            assert!(is_signed(&secret, BODY, &signature), "{signature}");
            assert!(!is_signed(&secret, &BODY[1..], &signature));
        }
        assert!(!is_signed(&Secret::new("another".to_owned()), BODY, DIGITS));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let secret = Secret::new("platform-secret".to_owned());
        for wrong in ["", "sha256=", &DIGITS[1..], "====", "GhOicF2qPk4r5LT6ymyn1hLrM1p6cQIQ"] {
            assert!(!is_signed(&secret, BODY, wrong), "{wrong}");
        }
    }
}
