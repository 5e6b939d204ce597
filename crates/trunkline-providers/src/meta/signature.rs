use sha2::Sha256;
use trunkline_core::secrets::Secret;

use crate::signature::{hexadecimal, is_code};

/// The header of the signature
/// (`https://developers.facebook.com/docs/graph-api/webhooks/getting-started`).
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// Whether the app secret signed a body: `sha256=` and HMAC-SHA256 of the raw bytes as hexadecimal digits.
///
/// What Meta sends is ASCII with escapes already, so the bytes are taken as they came; JSON that was
/// read and written again has another signature.
pub fn is_signed(app_secret: &Secret, body: &[u8], signature: &str) -> bool {
    signature.starts_with("sha256=")
        && hexadecimal(signature).is_some_and(|code| is_code::<Sha256>(app_secret, body, &code))
}

#[cfg(test)]
mod tests {
    use trunkline_core::secrets::Secret;

    use super::is_signed;

    /// Bodies and their signatures under `test_app_secret`.
    const MEASURED: [(&str, &str); 4] = [
        (
            r#"{"object":"whatsapp_business_account","entry":[]}"#,
            "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (
            r#"{"object": "whatsapp_business_account", "entry": []}"#,
            "sha256=56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"body":"\u00e4\u00f6\u00e5 \ud83d\udc4d https:\/\/a.b"}}]}]}"#,
            "sha256=7965e78dc55f3961596f72b5418617ad299d7382f2bf559a043fdac2038211d1",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"body":"äöå 👍 https://a.b"}}]}]}"#,
            "sha256=b88edaba9136c4dd97f249452253f00d0b1f1e56066d8deebcf30ff9c8c65ace",
        ),
    ];

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn what_was_measured_is_signed_byte_for_byte() {
        for (body, signature) in MEASURED {
            assert!(is_signed(&secret("test_app_secret"), body.as_bytes(), signature), "{body}");
            let other = format!("{body} ");
            assert!(!is_signed(&secret("test_app_secret"), other.as_bytes(), signature));
            assert!(!is_signed(&secret("another"), body.as_bytes(), signature));
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let (body, signature) = MEASURED[0];
        let digits = signature.strip_prefix("sha256=").unwrap();
        for wrong in
            ["", "sha256=", "sha256=zz", digits, &format!("sha1={digits}"), &signature[..70], "ä"]
        {
            assert!(!is_signed(&secret("test_app_secret"), body.as_bytes(), wrong), "{wrong}");
        }
    }
}
