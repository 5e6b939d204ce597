//! What is done to a request before anybody is believed: any header, URL and body are verified or refused, a body is given to the same lanes each time,
//! and every lane's part of it is read. The fuzz target `receive` and the suite of `trunkline-server` (`tests/it/webhooks/hostile.rs`) both run it.

use trunkline_core::events::Source;
use trunkline_core::secrets::Secret;
use trunkline_providers::lanes::{LANES, lanes, part};
use trunkline_providers::webhooks::{account_sid, read};
use trunkline_providers::{dialog360, is_word, meta, twilio};

pub(super) fn receive(header: &str, query: &str, body: &[u8]) {
    let secret = Secret::new("a secret that nobody has".to_owned());
    let url = format!("https://partners.example.com/webhooks/twilio/slug?{query}");
    let signed = twilio::SignedRequest { url: &url, body };
    assert!(!meta::is_signed(&secret, body, header));
    assert!(!dialog360::is_signed(&secret, body, header));
    assert!(!twilio::is_signed(&secret, &signed, header));
    let _ = is_word(&secret, header.as_bytes());
    if let Some(sid) = account_sid(body) {
        assert_eq!(sid.len(), 34);
    }
    for source in Source::ALL {
        let found = lanes(*source, body);
        assert_eq!(found, lanes(*source, body));
        assert!(!found.is_empty() && found.iter().all(|lane| *lane < LANES));
        for lane in &found {
            let _ = read(*source, &part(*source, body, &found, *lane));
        }
    }
}
