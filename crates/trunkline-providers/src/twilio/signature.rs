use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use data_encoding::HEXLOWER_PERMISSIVE;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trunkline_core::secrets::Secret;

use crate::signature::is_code;

/// The header of the signature (`https://www.twilio.com/docs/usage/security`).
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";

/// The header that says by which shared key, and how, a webhook is signed (SEEN in Twilio's library for Python, 9.13.0).
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA1, always with auth tokens.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
}

/// The id of the shared key and the algorithm that the settings of a signature name; `None`: an algorithm that is not known.
pub fn shared_key(settings: &str) -> Option<(&str, Algorithm)> {
    let part = |name: &str| {
        settings.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let algorithm = match part("algorithm")? {
        "HMAC_SHA1" => Algorithm::Sha1,
        "HMAC_SHA256" => Algorithm::Sha256,
        _ => return None,
    };
    Some((part("key")?, algorithm))
}

/// The parameter of the URL that holds the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

/// What Twilio signs of a request.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The whole URL as it is configured at Twilio, with its query; not what a proxy made of it.
    pub url: &'a str,
    /// The raw body.
    pub body: &'a [u8],
}

/// Whether the auth token signed a request, see [`is_signed_by`].
pub fn is_signed(auth_token: &Secret, request: &SignedRequest<'_>, signature: &str) -> bool {
    is_signed_by(auth_token, Algorithm::Sha1, request, signature)
}

/// Whether a secret signed a request: an HMAC as base64 of the URL and, of a form, its names and values in order; a body that
/// is no form is signed by its SHA-256 in the URL.
///
/// Back ends of Twilio differ in whether they sign the default port, so either form of the URL will do.
pub fn is_signed_by(
    secret: &Secret,
    algorithm: Algorithm,
    request: &SignedRequest<'_>,
    signature: &str,
) -> bool {
    let Ok(code) = BASE64_STANDARD.decode(signature.trim()) else { return false };
    let rest = match body_digest(request.url) {
        Some(digest) if !is_digest(&digest, request.body) => return false,
        Some(_) => String::new(),
        None => parameters(request.body),
    };
    // Every form is compared, so that the time tells nothing.
    urls(request.url).iter().fold(false, |found, url| {
        let message = format!("{url}{rest}");
        let is_code = match algorithm {
            Algorithm::Sha1 => is_code::<Sha1>,
            Algorithm::Sha256 => is_code::<Sha256>,
        };
        is_code(secret, message.as_bytes(), &code) | found
    })
}

/// The names of a form and their values, each once and in order, nothing between them.
fn parameters(body: &[u8]) -> String {
    let mut sorted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        sorted.entry(name).or_default().insert(value);
    }
    let mut text = String::with_capacity(body.len());
    for (name, values) in &sorted {
        for value in values {
            text.push_str(name);
            text.push_str(value);
        }
    }
    text
}

fn body_digest(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let (_, digest) =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == BODY_DIGEST)?;
    Some(digest.into_owned())
}

fn is_digest(expected: &str, body: &[u8]) -> bool {
    let expected = HEXLOWER_PERMISSIVE.decode(expected.as_bytes()).unwrap_or_default();
    Sha256::digest(body).as_slice().ct_eq(&expected).into()
}

/// The URL as it is, with the default port, and without a port.
fn urls(url: &str) -> Vec<String> {
    let mut forms = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return forms };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if scheme == "https" { 443 } else { 80 };
    let bare = authority.rsplit_once(':').filter(|(_, port)| is_port(port));
    forms.push(bare.map_or_else(
        || format!("{scheme}://{authority}:{port}{path}"),
        |(host, _)| format!("{scheme}://{host}{path}"),
    ));
    forms
}

#[cfg(test)]
mod tests {
    use trunkline_core::secrets::Secret;

    use super::{Algorithm, SignedRequest, is_signed, is_signed_by, shared_key};

    fn signed(url: &str, body: &str, signature: &str) -> bool {
        let token = Secret::new("12345".to_owned());
        is_signed(&token, &SignedRequest { url, body: body.as_bytes() }, signature)
    }

    const CALL: &str = "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";

    fn status() -> String {
        let a = "a".repeat(32);
        format!(
            "MessageSid=SM{a}&MessageStatus=delivered&AccountSid=AC{a}&From=whatsapp%3A%2B15017122661\
             &To=whatsapp%3A%2B15551230000&ChannelPrefix=whatsapp&EventType=DELIVERED"
        )
    }

    #[test]
    fn forms_that_were_measured_are_signed_in_any_order() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(signed(url, CALL, signature));
        let turned: Vec<&str> = CALL.split('&').rev().collect();
        assert!(signed(url, &turned.join("&"), signature));
        // A value that comes twice counts once, as in Twilio's own libraries.
        assert!(signed(url, &format!("{CALL}&Digits=1234"), signature));
        assert!(!signed(url, &format!("{CALL}&Digits=1235"), signature));
        assert!(!signed(url, &format!("{CALL}&More="), signature));
        assert!(!signed(&format!("{url}&"), CALL, signature));
    }

    #[test]
    fn a_shared_key_signs_the_same_by_the_algorithm_that_is_named() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let request = SignedRequest { url, body: CALL.as_bytes() };
        let secret = Secret::new("12345".to_owned());
        let signature = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
        assert!(is_signed_by(&secret, Algorithm::Sha256, &request, signature));
        assert!(!is_signed_by(&secret, Algorithm::Sha1, &request, signature));
        assert!(!is_signed(&secret, &request, signature));
    }

    #[test]
    fn the_settings_name_a_key_and_an_algorithm_that_is_known() {
        for (settings, expected) in [
            ("key=WK1,algorithm=HMAC_SHA256", Some(("WK1", Algorithm::Sha256))),
            ("algorithm=HMAC_SHA1, key=WK1", Some(("WK1", Algorithm::Sha1))),
            ("key=WK1,algorithm=NONE", None),
            ("key=WK1,algorithm=hmac_sha256", None),
            ("key=WK1", None),
            ("algorithm=HMAC_SHA256", None),
            ("", None),
        ] {
            assert_eq!(shared_key(settings), expected, "{settings}");
        }
    }

    #[test]
    fn the_default_port_may_be_signed_or_not() {
        let url = "https://example.com/twilio/status";
        assert!(signed(url, &status(), "YCE+G9Evp4NuJ3lq9lxLdmODsrU="));
        assert!(signed(url, &status(), "EcNs6iEtaCimdaa78igjwIQGE00="));
        let with_port = "https://example.com:443/twilio/status";
        assert!(signed(with_port, &status(), "YCE+G9Evp4NuJ3lq9lxLdmODsrU="));
        assert!(!signed(
            "http://example.com/twilio/status",
            &status(),
            "EcNs6iEtaCimdaa78igjwIQGE00="
        ));
    }

    #[test]
    fn a_body_that_is_no_form_is_signed_by_its_digest_in_the_url() {
        let digest = "27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e";
        let url = format!("https://example.com/hook?bodySHA256={digest}");
        let signature = "tls/Pn4cneQNPpbKEJMPRJ/qing=";
        assert!(signed(&url, r#"{"event":"x","n":1}"#, signature));
        assert!(!signed(&url, r#"{"event":"x","n":2}"#, signature));
        assert!(!signed("https://example.com/hook", r#"{"event":"x","n":1}"#, signature));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for wrong in ["", "=", "RSOYDt4T1cUTdK1PDd93", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "ä"] {
            assert!(!signed("https://mycompany.com/myapp.php?foo=1&bar=2", CALL, wrong), "{wrong}");
        }
    }
}
