//! 360dialog's channels from sign-up to cancellation, by their webhooks.

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;
use trunkline_providers::{
    call,
    http::{HeaderName, Method, Url},
    simulator::{Sample, Simulator},
};

use super::{control, hex, partner, receiver, send, start, webhooks};
use crate::fake::Fake;

const CHANNEL: &str = "n00000CH";
const CLIENT: &str = "c00000CL";

async fn listen(simulator: &Simulator, receiver: &Fake) {
    let body = json!({"webhook_url": receiver.url("/partner").to_string()});
    assert_eq!(
        send(partner(simulator, Method::POST, "/webhook_url").json(&body)).await.status,
        200
    );
}

#[tokio::test]
async fn a_sign_up_is_told_in_signed_events_and_ends_live() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    listen(&simulator, &receiver).await;
    let made = control(
        &simulator,
        "/360dialog/signup",
        &json!({"name": "Bakery", "email": "b@example.com"}),
    )
    .await;
    webhooks(&receiver, 2).await;
    for count in 3..=5 {
        simulator.advance(SignedDuration::from_secs(2));
        webhooks(&receiver, count).await;
    }
    let arrived = webhooks(&receiver, 6).await;
    let mut events = Vec::new();
    for request in &arrived {
        let mut mac = Hmac::<Sha256>::new_from_slice(Sample::DIALOG360_SECRET.as_bytes()).unwrap();
        mac.update(request.body.as_bytes());
        let expected = hex(&mac.finalize().into_bytes());
        assert_eq!(request.header("x-360dialog-signature"), Some(&*expected));
        events.push(request.json()["event"].as_str().unwrap().to_owned());
    }
    events[..2].sort();
    events[4..].sort();
    let expected = [
        "channel_created",
        "client_created",
        "channel_ready",
        "channel_running",
        "channel_live",
        "channel_permission_granted",
    ];
    assert_eq!(events, expected);
    let path = format!("/channels/{}", made.json["channel_id"].as_str().unwrap());
    let channel = send(partner(&simulator, Method::GET, &path)).await.json;
    assert_eq!((&channel["status"], &channel["account_mode"]), (&json!("ready"), &json!("live")));
}

#[tokio::test]
async fn a_cancellation_takes_effect_at_the_end_of_the_month_unless_it_is_revoked() {
    let simulator = start().await;
    let path = |rest: &str| format!("/clients/{CLIENT}/channels/{CHANNEL}/control/{rest}");
    let short = format!("/channels/{CHANNEL}/control/cancellation_request");
    assert_eq!(send(partner(&simulator, Method::POST, &short)).await.status, 404);
    for (call, expected) in [
        ("cancellation_request", "pending_deletion"),
        ("reactivate", "live"),
        ("cancellation_request", "pending_deletion"),
    ] {
        let said = send(partner(&simulator, Method::POST, &path(call))).await;
        assert_eq!(said.json["hub_status"], expected, "{call}");
    }
    simulator.advance(SignedDuration::from_hours(24 * 9));
    let status = async || {
        let channel = send(partner(&simulator, Method::GET, &format!("/channels/{CHANNEL}"))).await;
        channel.json["hub_status"].clone()
    };
    for _ in 0..500 {
        if status().await == "deleted" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the channel is still there");
}

#[tokio::test]
async fn messages_go_by_the_channel_s_newest_key_and_come_with_its_headers() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    let keys = format!("/channels/{CHANNEL}/api_keys");
    let old = send(partner(&simulator, Method::POST, &keys)).await.json;
    let new = send(partner(&simulator, Method::POST, &keys)).await.json;
    assert_eq!(new["address"], simulator.dialog360_messaging_url().as_str());
    let messaging = async |key: &Value, path: &str, body: &Value| {
        let url: Url = format!("{}{path}", key["address"].as_str().unwrap()).parse().unwrap();
        let header = HeaderName::from_static("d360-api-key");
        let call = call!("test.360dialog", Method::POST, url);
        send(call.secret_header(header, &key["api_key"].as_str().unwrap().into()).json(body)).await
    };
    let webhook =
        json!({"url": receiver.url("/number").to_string(), "headers": {"X-Webhook-Secret": "s3"}});
    assert_eq!(messaging(&old, "/v1/configs/webhook", &webhook).await.status, 401);
    assert_eq!(messaging(&new, "/v1/configs/webhook", &webhook).await.json, webhook);
    let message = json!({"messaging_product": "whatsapp", "to": "16505551234", "type": "text", "text": {"body": "Hi"}});
    assert!(messaging(&new, "/messages", &message).await.json["messages"][0]["id"].is_string());
    let wrong = json!({"messaging_product": "whatsapp", "to": "x", "type": "text", "text": {}});
    assert_eq!(messaging(&new, "/messages", &wrong).await.meta_code(), (131_009, None));
    simulator.advance(SignedDuration::from_secs(10));
    for request in webhooks(&receiver, 3).await {
        assert_eq!(request.header("x-webhook-secret"), Some("s3"));
        assert_eq!(request.json()["object"], "whatsapp_business_account");
    }
}

#[tokio::test]
async fn a_channel_s_number_and_name_may_come_late() {
    let simulator = start().await;
    simulator.change(|world| world.dialog360.late_fields_seconds = 60);
    let made =
        control(&simulator, "/360dialog/signup", &json!({"number": "4930555555"})).await.json;
    let path = format!("/channels/{}", made["channel_id"].as_str().unwrap());
    let number = async || {
        let channel = send(partner(&simulator, Method::GET, &path)).await.json;
        channel["setup_info"]["phone_number"].clone()
    };
    assert_eq!(number().await, Value::Null);
    simulator.advance(SignedDuration::from_secs(60));
    assert_eq!(number().await, "4930555555");
}

#[tokio::test]
async fn a_partner_that_calls_too_often_is_told_to_wait() {
    let simulator = start().await;
    simulator.change(|world| world.dialog360.habits.limits_calls = true);
    for _ in 0..5 {
        assert_eq!(send(partner(&simulator, Method::GET, "")).await.status, 200);
    }
    simulator.advance(SignedDuration::from_secs(10));
    let refused = send(partner(&simulator, Method::GET, "")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "20"));
    simulator.advance(SignedDuration::from_secs(20));
    assert_eq!(send(partner(&simulator, Method::GET, "")).await.status, 200);
}
