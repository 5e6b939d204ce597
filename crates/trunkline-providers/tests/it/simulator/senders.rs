//! Twilio: senders from their creation to online, messages, both shapes of errors.

use jiff::SignedDuration;
use serde_json::{Value, json};
use trunkline_providers::{
    http::Method,
    simulator::{Sample, Simulator},
};

use super::{control, receiver, send, start, twilio, webhooks};

const SENDERS: &str = "/v2/Channels/Senders";

async fn status(simulator: &Simulator, sid: &str) -> Value {
    send(twilio(simulator, Method::GET, &format!("{SENDERS}/{sid}"))).await.json["status"].clone()
}

/// Advances, and waits until the sender is so.
async fn becomes(simulator: &Simulator, sid: &str, seconds: i64, expected: &str) {
    simulator.advance(SignedDuration::from_secs(seconds));
    for _ in 0..500 {
        if status(simulator, sid).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} instead of {expected}", status(simulator, sid).await);
}

#[tokio::test]
async fn a_sender_waits_for_its_code_and_goes_online_after_a_review() {
    let simulator = start().await;
    let body = json!({"sender_id": "whatsapp:+15017122661", "configuration": {"waba_id": "12345678912345"},
        "profile": {"name": "Example"}});
    let made = send(twilio(&simulator, Method::POST, SENDERS).json(&body)).await;
    assert_eq!((made.status, &made.json["status"]), (202, &json!("CREATING")));
    let sid = made.json["sid"].as_str().unwrap().to_owned();
    let path = format!("{SENDERS}/{sid}");
    becomes(&simulator, &sid, 3, "PENDING_VERIFICATION").await;
    let code = |code: &str| json!({"configuration": {"verification_code": code}});
    let wrong = send(twilio(&simulator, Method::POST, &path).json(&code("000000"))).await;
    assert_eq!((wrong.status, &wrong.json["status"]), (400, &json!(400)));
    control(&simulator, &format!("/twilio/senders/{sid}"), &json!({"is_reviewed": true})).await;
    let right = send(twilio(&simulator, Method::POST, &path).json(&code("123456"))).await;
    assert_eq!((right.status, &right.json["status"]), (202, &json!("VERIFYING")));
    assert_eq!(right.json["profile"], Value::Null, "what was not updated comes as null");
    becomes(&simulator, &sid, 3, "TWILIO_REVIEW").await;
    becomes(&simulator, &sid, 60, "ONLINE").await;
    let online = send(twilio(&simulator, Method::GET, &path)).await.json;
    assert_eq!(online["properties"]["messaging_limit"], "250 Customers/24hr");
    assert_eq!(send(twilio(&simulator, Method::DELETE, &path)).await.status, 204);
    assert_eq!(send(twilio(&simulator, Method::GET, &path)).await.json["code"], 20404);
}

#[tokio::test]
async fn errors_come_in_either_shape() {
    let simulator = start().await;
    let path = format!("{SENDERS}/XE00");
    let classic = send(twilio(&simulator, Method::GET, &path)).await;
    assert_eq!(classic.json["more_info"], "https://www.twilio.com/docs/api/errors/20404");
    simulator.change(|world| world.twilio.problem_details = true);
    let newer = send(twilio(&simulator, Method::GET, &path)).await;
    assert_eq!(newer.header("content-type"), "application/problem+json");
    assert_eq!((&newer.json["code"], &newer.json["status"]), (&json!(20404), &json!(404)));
}

#[tokio::test]
async fn a_subaccount_is_made_and_has_credentials_of_its_own() {
    let simulator = start().await;
    let path = "/2010-04-01/Accounts.json";
    let made =
        send(twilio(&simulator, Method::POST, path).form(&[("FriendlyName", "Customer A")])).await;
    assert_eq!((made.status, &made.json["friendly_name"]), (201, &json!("Customer A")));
    assert_eq!(made.json["owner_account_sid"], Sample::TWILIO_ACCOUNT);
    let (sid, token) =
        (made.json["sid"].as_str().unwrap(), made.json["auth_token"].as_str().unwrap());
    let url = format!("{}/2010-04-01/Accounts/{sid}.json", simulator.twilio_url());
    let own = trunkline_providers::call!("test.twilio", Method::GET, url.parse().unwrap());
    assert_eq!(send(own.basic(sid, &token.into())).await.json["status"], "active");
    let path = format!("/2010-04-01/Accounts/{sid}.json");
    let closed = send(twilio(&simulator, Method::POST, &path).form(&[("Status", "closed")])).await;
    assert_eq!(closed.json["status"], "closed");
}

#[tokio::test]
async fn a_message_s_statuses_are_called_back_and_kept() {
    let simulator = start().await;
    let receiver = receiver(|_| 204).await;
    let (account, sender) = simulator.read(|world| {
        let sender = world.twilio.senders.values().next().unwrap();
        (sender.account.clone(), sender.fields["sender_id"].as_str().unwrap().to_owned())
    });
    let path = format!("/2010-04-01/Accounts/{account}/Messages.json");
    let callback = receiver.url("/status").to_string() + "#rc=2&rp=all";
    let form = [
        ("From", &*sender),
        ("To", "whatsapp:+15551230000"),
        ("Body", "Hi"),
        ("StatusCallback", &*callback),
    ];
    let sent = send(twilio(&simulator, Method::POST, &path).form(&form)).await;
    assert_eq!((sent.status, &sent.json["status"]), (201, &json!("queued")));
    simulator.advance(SignedDuration::from_secs(10));
    let arrived = webhooks(&receiver, 4).await;
    assert!(arrived.iter().all(|request| request.header("x-twilio-signature").is_some()));
    assert!(arrived.iter().any(|request| request.body.contains("EventType=READ")));
    let path = format!(
        "/2010-04-01/Accounts/{account}/Messages/{}.json",
        sent.json["sid"].as_str().unwrap()
    );
    assert_eq!(send(twilio(&simulator, Method::GET, &path)).await.json["status"], "read");
    let strange =
        send(twilio(&simulator, Method::POST, &path.replace(".json", "")).form(&form)).await;
    assert_eq!(strange.json["code"], 20404);
}
