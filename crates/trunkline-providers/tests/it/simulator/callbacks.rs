//! Webhooks: where they go, how they are signed, how they are sent again.

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;
use trunkline_providers::{
    call,
    http::{Method, Url},
    simulator::{Quirks, Sample, Simulator},
};

use super::{control, hex, meta, receiver, send, start, webhooks};
use crate::fake::{Fake, Request};

const ACCOUNT: &str = "102000000000001";
const NUMBER: &str = "103000000000001";

fn hmac(key: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn is_signed(request: &Request) -> bool {
    let expected = format!("sha256={}", hmac(Sample::META_SECRET, &request.body));
    request.header("x-hub-signature-256") == Some(&expected)
}

/// Registers the receiver as the app's callback.
async fn subscribe(simulator: &Simulator, receiver: &Fake, token: &str) -> super::Brought {
    let app = Sample::META_APP;
    let url: Url = format!("{}/v25.0/{app}/subscriptions", simulator.meta_url()).parse().unwrap();
    let call = call!("test.meta", Method::POST, url)
        .bearer(&format!("{app}|{}", Sample::META_SECRET).into());
    let callback = receiver.url("/hook").to_string();
    let body = json!({"object": "whatsapp_business_account", "callback_url": callback,
        "verify_token": token, "fields": "messages,account_update,phone_number_quality_update"});
    send(call.json(&body)).await
}

#[tokio::test]
async fn a_callback_is_taken_when_it_answers_the_handshake() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    let refused = subscribe(&simulator, &receiver, "wrong").await;
    assert_eq!((refused.status, refused.meta_code()), (400, (2200, None)));
    assert_eq!(subscribe(&simulator, &receiver, "verify").await.json, json!({"success": true}));
    let path = format!("{ACCOUNT}/subscribed_apps");
    let own = json!({"override_callback_uri": receiver.url("/own").to_string(), "verify_token": "verify"});
    let taken = send(meta(&simulator, Method::POST, &path).json(&own)).await;
    assert_eq!(taken.json, json!({"success": true}));
    let listed = send(meta(&simulator, Method::GET, &path)).await.json;
    assert_eq!(listed["data"][0]["override_callback_uri"], own["override_callback_uri"]);

    control(&simulator, &format!("/meta/numbers/{NUMBER}/incoming"), &json!({})).await;
    control(
        &simulator,
        &format!("/meta/accounts/{ACCOUNT}"),
        &json!({"event": "ACCOUNT_RESTRICTION"}),
    )
    .await;
    let mut paths: Vec<_> =
        webhooks(&receiver, 2).await.iter().map(|request| request.path().to_owned()).collect();
    paths.sort();
    assert_eq!(paths, ["/hook", "/own"], "only messages go to the account's own callback");
}

#[tokio::test]
async fn a_message_is_followed_by_signed_statuses_in_ascii() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    subscribe(&simulator, &receiver, "verify").await;
    let message = json!({"messaging_product": "whatsapp", "to": "+1 650 555 1234", "type": "text",
        "text": {"body": "Hello"}});
    let path = format!("{NUMBER}/messages");
    let sent = send(meta(&simulator, Method::POST, &path).json(&message)).await.json;
    assert_eq!(sent["contacts"][0]["wa_id"], "16505551234");
    simulator.advance(SignedDuration::from_secs(10));
    let arrived = webhooks(&receiver, 3).await;
    let mut statuses = Vec::new();
    for request in &arrived {
        assert!(is_signed(request), "{request:?}");
        let status = &request.json()["entry"][0]["changes"][0]["value"]["statuses"][0];
        assert_eq!(status["id"], sent["messages"][0]["id"]);
        statuses.push(status["status"].as_str().unwrap().to_owned());
    }
    statuses.sort();
    assert_eq!(statuses, ["delivered", "read", "sent"]);

    let greeting = json!({"name": "Žofie 👍", "text": "a/b"});
    control(&simulator, &format!("/meta/numbers/{NUMBER}/incoming"), &greeting).await;
    let request = webhooks(&receiver, 4).await.pop().unwrap();
    assert!(request.body.is_ascii() && request.body.contains(r"a\/b"), "{}", request.body);
    assert!(request.body.contains(r"\u017dofie \ud83d\udc4d"), "{}", request.body);
    assert!(is_signed(&request));
}

#[tokio::test]
async fn what_is_not_answered_200_comes_again_by_the_simulator_s_clock() {
    let simulator = start().await;
    let receiver = receiver(|before| if before < 2 { 503 } else { 200 }).await;
    subscribe(&simulator, &receiver, "verify").await;
    control(
        &simulator,
        &format!("/meta/accounts/{ACCOUNT}"),
        &json!({"event": "ACCOUNT_VIOLATION"}),
    )
    .await;
    for attempt in 1..=2 {
        webhooks(&receiver, attempt).await;
        until(|| simulator.delivered().len() == attempt).await;
        simulator.advance(SignedDuration::from_secs(60));
    }
    let bodies: Vec<_> =
        webhooks(&receiver, 3).await.into_iter().map(|request| request.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    until(|| simulator.delivered().len() == 3).await;
    let statuses: Vec<_> = simulator.delivered().iter().map(|sent| sent.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
}

async fn until(so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if so() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not come to that");
}

#[tokio::test]
async fn quirks_double_and_spoil_webhooks() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    subscribe(&simulator, &receiver, "verify").await;
    simulator.change(|world| {
        world.webhooks = Quirks { duplicates: 1, wrong_signature: true, ..Quirks::default() };
    });
    control(&simulator, &format!("/meta/numbers/{NUMBER}/incoming"), &json!({})).await;
    let arrived = webhooks(&receiver, 2).await;
    assert_eq!(arrived[0].body, arrived[1].body);
    assert!(arrived.iter().all(|request| !is_signed(request)));
    assert_eq!(arrived[0].header("x-hub-signature-256").unwrap().len(), "sha256=".len() + 64);
}

#[tokio::test]
async fn an_app_that_is_gone_hears_of_it_and_of_nothing_more() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    subscribe(&simulator, &receiver, "verify").await;
    let path = format!("/meta/accounts/{ACCOUNT}");
    control(&simulator, &path, &json!({"event": "PARTNER_APP_UNINSTALLED"})).await;
    let told = webhooks(&receiver, 1).await.pop().unwrap().json();
    let value: &Value = &told["entry"][0]["changes"][0]["value"];
    assert_eq!(told["entry"][0]["id"], Sample::META_BUSINESS);
    assert_eq!(value["waba_info"]["waba_id"], ACCOUNT);
    assert_eq!(value["waba_info"]["partner_app_id"], Sample::META_APP);
    assert_eq!(send(meta(&simulator, Method::GET, ACCOUNT)).await.meta_code(), (100, Some(33)));
}
