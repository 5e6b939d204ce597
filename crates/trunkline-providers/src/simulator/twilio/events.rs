//! Twilio's webhooks: forms or JSON, signed with the auth token of the account that owns what they are about.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::simulator::{
    issue::hex,
    scene::Scene,
    webhooks::{Retries, Webhook},
};

/// What a form holds; names may come again.
pub(super) type Form = Vec<(&'static str, String)>;

/// Posts a form about something of an account's.
pub(super) fn post_form(scene: &mut Scene<'_>, account: &str, url: &str, form: &Form) {
    let Some(token) = token(scene, account) else { return };
    let (url, retries) = split(url);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let signature = sign(&token, url, form);
    let webhook = Webhook::new(url, "application/x-www-form-urlencoded", body.into(), retries);
    send(scene, webhook, signature);
}

/// Posts JSON: its hash stands in the URL, which is what is signed.
pub(crate) fn post_json(scene: &mut Scene<'_>, account: &str, url: &str, body: &Value) {
    let Some(token) = token(scene, account) else { return };
    let (url, retries) = split(url);
    let body = body.to_string().into_bytes();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}bodySHA256={}", hex(&Sha256::digest(&body)));
    let signature = sign(&token, &url, &Form::new());
    send(scene, Webhook::new(&url, "application/json", body, retries), signature);
}

fn send(scene: &mut Scene<'_>, webhook: Webhook, signature: String) {
    let idempotency = scene.world.issue.hex();
    let webhook = webhook.with("x-twilio-signature", signature);
    scene.post(webhook.with("i-twilio-idempotency-token", &idempotency[..36]));
}

fn token(scene: &Scene<'_>, account: &str) -> Option<String> {
    scene.world.twilio.accounts.get(account).map(|account| account.auth_token.clone())
}

/// The fragment says how to send; it is no part of what is called or signed.
fn split(url: &str) -> (&str, Retries) {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    (url, Retries::of_fragment(fragment))
}

/// The URL, then each name with its values, sorted, each once.
fn sign(token: &str, url: &str, form: &Form) -> String {
    let sorted: BTreeSet<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Form, sign};

    #[test]
    fn signatures_are_those_of_twilio_s_own_library() {
        let form: Form = [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("CallSid", "CA1234567890ABCDE"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign("12345", url, &form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let hash = "27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e";
        let url = format!("https://example.com/hook?bodySHA256={hash}");
        assert_eq!(sign("12345", &url, &Form::new()), "tls/Pn4cneQNPpbKEJMPRJ/qing=");
    }
}
