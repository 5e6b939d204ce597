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
    twilio::{SharedKey, TwilioAccount},
    webhooks::{Retries, Webhook},
};

/// What a form holds; names may come again.
pub(super) type Form = Vec<(&'static str, String)>;

/// Posts a form about something of an account's.
pub(super) fn post_form(scene: &mut Scene<'_>, account: &str, url: &str, form: &Form) {
    let Some(account) = scene.world.twilio.accounts.get(account) else { return };
    let (url, retries) = split(url);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let webhook = Webhook::new(url, "application/x-www-form-urlencoded", body.into(), retries);
    let webhook = signed(webhook, account, url, form);
    send(scene, webhook);
}

/// Posts JSON: its hash stands in the URL, which is what is signed.
pub(crate) fn post_json(scene: &mut Scene<'_>, account: &str, url: &str, body: &Value) {
    let Some(account) = scene.world.twilio.accounts.get(account) else { return };
    let (url, retries) = split(url);
    let body = body.to_string().into_bytes();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}bodySHA256={}", hex(&Sha256::digest(&body)));
    let webhook = Webhook::new(&url, "application/json", body, retries);
    let webhook = signed(webhook, account, &url, &Form::new());
    send(scene, webhook);
}

fn send(scene: &mut Scene<'_>, webhook: Webhook) {
    let idempotency = scene.world.issue.hex();
    scene.post(webhook.with("i-twilio-idempotency-token", &idempotency[..36]));
}

/// Signed by the shared key of the account, else by its auth token.
fn signed(webhook: Webhook, account: &TwilioAccount, url: &str, form: &Form) -> Webhook {
    let message = message(url, form);
    let signature = match &account.shared_key {
        Some(key) if key.algorithm == "HMAC_SHA256" => code::<Hmac<Sha256>>(&key.secret, &message),
        Some(key) => code::<Hmac<Sha1>>(&key.secret, &message),
        None => code::<Hmac<Sha1>>(&account.auth_token, &message),
    };
    let webhook = webhook.with("x-twilio-signature", signature);
    let Some(SharedKey { sid, algorithm, .. }) = &account.shared_key else { return webhook };
    let settings = format!("key={sid},algorithm={algorithm}");
    webhook.with("x-twilio-webhooks-signature-settings", settings)
}

/// The fragment says how to send; it is no part of what is called or signed.
fn split(url: &str) -> (&str, Retries) {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    (url, Retries::of_fragment(fragment))
}

/// What is signed: the URL, then each name with its values, sorted, each once.
fn message(url: &str, form: &Form) -> String {
    let sorted: BTreeSet<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let parameters = sorted.into_iter().flat_map(|(name, value)| [name, value]);
    std::iter::once(url).chain(parameters).collect()
}

fn code<M: Mac + KeyInit>(secret: &str, message: &str) -> String {
    let Ok(mac) = <M as KeyInit>::new_from_slice(secret.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    BASE64_STANDARD.encode(mac.chain_update(message).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use hmac::Hmac;
    use sha1::Sha1;
    use sha2::Sha256;

    use super::{Form, code, message};

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
        let signed = message(url, &form);
        assert_eq!(code::<Hmac<Sha1>>("12345", &signed), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let longer = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
        assert_eq!(code::<Hmac<Sha256>>("12345", &signed), longer);
        let hash = "27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e";
        let url = format!("https://example.com/hook?bodySHA256={hash}");
        let signed = message(&url, &Form::new());
        assert_eq!(code::<Hmac<Sha1>>("12345", &signed), "tls/Pn4cneQNPpbKEJMPRJ/qing=");
    }
}
