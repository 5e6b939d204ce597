//! 360dialog's onboarding pages.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha512;
use trunkline_providers::{
    call,
    http::{Method, Url},
    simulator::{Sample, Simulator},
};

use super::{hex, start};
use crate::fake::http;

async fn text(simulator: &Simulator, query: &str) -> (u16, String) {
    let path = format!("/360dialog/dashboard/app/{}?{query}", Sample::DIALOG360_PARTNER);
    let answer = http().send(call!("test.page", Method::GET, simulator.url(&path))).await.unwrap();
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[tokio::test]
async fn a_client_is_sent_back_with_its_channels_and_the_state() {
    let simulator = start().await;
    let (status, page) = text(&simulator, "state=s%261&email=%22x%22%40example.com").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("value=\"s&amp;1\"") && page.contains("&quot;x&quot;@example.com"),
        "{page}"
    );
    let path = format!("/360dialog/onboarding/{}", Sample::DIALOG360_PARTNER);
    let form = [
        ("name", "Bakery"),
        ("email", "b@example.com"),
        ("number", "4930777"),
        ("permit", "yes"),
        ("state", "s&1"),
        ("redirect_url", "https://partner.example/back?x=1"),
    ];
    let call = call!("test.page", Method::POST, simulator.url(&path)).form(&form);
    // A redirect of a POST to another host is not followed, and says where it leads in no way that a test can read.
    let refused = http().send(call).await.err().unwrap();
    assert_eq!(refused.status, Some(303));
    assert!(refused.words.contains("https://partner.example"), "{}", refused.words);
    let (client, channel) = simulator.read(|world| {
        let hub = &world.dialog360;
        let client =
            hub.clients.iter().find(|(_, client)| client.fields["name"] == "Bakery").unwrap().0;
        let channel = hub.channels.iter().find(|(_, channel)| channel.client == *client).unwrap();
        (client.clone(), channel.1.permitted)
    });
    assert!(client.ends_with("CL") && channel);
}

#[tokio::test]
async fn a_signed_link_is_good_once_and_for_five_minutes() {
    let simulator = start().await;
    simulator.change(|world| {
        let partner = world.dialog360.partners.get_mut(Sample::DIALOG360_PARTNER).unwrap();
        partner.requires_signed_links = true;
    });
    let link = |encoded: fn(&[u8]) -> String| {
        let time = simulator.clock().now().as_second();
        let mut mac = Hmac::<Sha512>::new_from_slice(Sample::DIALOG360_SECRET.as_bytes()).unwrap();
        mac.update(format!("{}|{time}", Sample::DIALOG360_PARTNER).as_bytes());
        let mut url: Url = "http://x/".parse().unwrap();
        url.query_pairs_mut()
            .append_pair("io_signature", &encoded(&mac.finalize().into_bytes()))
            .append_pair("io_timestamp", &time.to_string());
        url.query().unwrap().to_owned()
    };
    assert_eq!(text(&simulator, "").await.0, 400);
    let good = link(hex);
    assert_eq!(text(&simulator, &good).await.0, 200);
    assert!(text(&simulator, &good).await.1.contains("used before"));
    let base64 = link(|bytes| base64::prelude::BASE64_STANDARD.encode(bytes));
    assert_eq!(text(&simulator, &base64).await.0, 200);
    let late = link(hex);
    simulator.advance(SignedDuration::from_secs(301));
    assert!(text(&simulator, &late).await.1.contains("expired"));
}
