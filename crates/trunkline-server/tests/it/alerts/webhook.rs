use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;
use trunkline_server::{deliver_alerts, deliver_alerts_once};

use super::peers::{HttpPeer, Reply, Request};
use super::{deliveries, open, webhook, worsen};
use crate::support::Service;

/// Whether a request is signed by a secret, checked as a receiver would.
fn is_signed(request: &Request, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, time) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    mac.update(format!("{id}.{time}.{}", request.body).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    request.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

#[tokio::test]
async fn what_becomes_of_an_alert_is_told_once_signed_and_in_order() {
    let service = Service::new().await;
    let peer = HttpPeer::start([]).await;
    let (_, secret) = webhook(&service, &peer.url, json!({})).await;
    let id = open(&service).await;
    worsen(&service, id).await;
    let key = service.api_key("operator", None).await;
    for act in ["acknowledge", "resolve", "resolve"] {
        service.call("POST", &format!("/api/v1/alerts/{id}/{act}"), &key, &Value::Null).await;
    }
    for _ in 0..2 {
        deliver_alerts_once(&service.state).await;
    }
    let seen = peer.seen();
    let types: Vec<Value> = seen
        .iter()
        .map(|request| serde_json::from_str::<Value>(&request.body).unwrap()["type"].clone())
        .collect();
    assert_eq!(types, ["alert.opened", "alert.worsened", "alert.acknowledged", "alert.resolved"]);
    assert!(seen.iter().all(|request| is_signed(request, &secret)));
    assert!(!is_signed(&seen[0], "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    let body: Value = serde_json::from_str(&seen[3].body).unwrap();
    let head = ["webhook-id", "webhook-timestamp", "content-type"].map(|name| seen[3].header(name));
    assert_snapshot!(format!("{head:?}\n{}", serde_json::to_string_pretty(&body).unwrap()));
    assert_eq!(
        deliveries(&service).await,
        "1 opened delivered 1 204; 1 worsened delivered 1 204; 1 acknowledged delivered 1 204; 1 resolved delivered 1 204"
    );
}

#[tokio::test]
async fn a_change_that_is_rolled_back_is_told_to_nobody() {
    let mut service = Service::new().await;
    let peer = HttpPeer::start([]).await;
    webhook(&service, &peer.url, json!({})).await;
    let transaction = service.client.transaction().await.unwrap();
    let insert = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, opened_at, changed_at)
        VALUES ('disconnected', 'critical', 'meta', 'channel', 9, now(), now())";
    transaction.batch_execute(insert).await.unwrap();
    transaction.rollback().await.unwrap();
    deliver_alerts_once(&service.state).await;
    assert!(peer.seen().is_empty());
    assert_eq!(deliveries(&service).await, "");
}

#[tokio::test]
async fn a_destination_hears_of_what_it_asked_for_and_how_that_goes_on() {
    let service = Service::new().await;
    let peer = HttpPeer::start([]).await;
    let critical = json!({ "minimum_severity": "critical" });
    let (critical, _) = webhook(&service, &peer.url, critical).await;
    let (limits, _) = webhook(&service, &peer.url, json!({ "rules": ["limit_fell"] })).await;
    let (off, _) = webhook(&service, &peer.url, json!({ "is_active": false })).await;
    let id = open(&service).await;
    assert_eq!(deliveries(&service).await, "", "it is a warning of another rule");
    worsen(&service, id).await;
    let query = "UPDATE trunkline.alerts SET severity = 'warning' WHERE id = $1";
    service.client.execute(query, &[&id]).await.unwrap();
    let query = "UPDATE trunkline.alerts SET resolved_at = changed_at WHERE id = $1";
    service.client.execute(query, &[&id]).await.unwrap();
    deliver_alerts_once(&service.state).await;
    assert_eq!((critical, limits, off), (1, 2, 3));
    assert_eq!(
        deliveries(&service).await,
        "1 worsened delivered 1 204; 1 resolved delivered 1 204",
        "who was told that it is bad is told that it is over, although it was a warning then"
    );
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_later_and_later_under_the_same_id() {
    let service = Service::new().await;
    let answer = Reply::Answer;
    let peer = HttpPeer::start([
        answer("500 Internal Server Error", "", "out of order"),
        answer("302 Found", "location: https://elsewhere.example/hooks\r\n", ""),
        Reply::HangUp,
        answer("429 Too Many Requests", "retry-after: 7200\r\n", ""),
    ])
    .await;
    webhook(&service, &peer.url, json!({})).await;
    let id = open(&service).await;
    worsen(&service, id).await;
    let mut said = String::new();
    for wait in [0, 6, 66, 330, 7000, 300] {
        service.clock.advance(SignedDuration::from_secs(wait));
        for _ in 0..2 {
            deliver_alerts_once(&service.state).await;
        }
        said.push_str(&deliveries(&service).await);
        said.push('\n');
    }
    assert_snapshot!(said);
    let ids: Vec<String> =
        peer.seen().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids[..5].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_ne!(ids[5], ids[0], "what came later waited for what came first");
}

#[tokio::test]
async fn a_peer_that_is_down_or_gone_is_given_up_and_tried_once_more_when_somebody_says_so() {
    let service = Service::new().await;
    // Nobody listens there.
    let gone = HttpPeer::start([Reply::Answer("410 Gone", "", "")]).await;
    let (id, _) = webhook(&service, "http://127.0.0.1:9/hooks", json!({})).await;
    webhook(&service, &gone.url, json!({})).await;
    open(&service).await;
    for _ in 0..11 {
        deliver_alerts_once(&service.state).await;
        service.clock.advance(SignedDuration::from_hours(30));
    }
    deliver_alerts_once(&service.state).await;
    let told = deliveries(&service).await;
    assert_eq!(
        told,
        "1 opened failed 11 no connection: Connection refused (os error 111); 2 opened failed 1 410 it answered 410"
    );
    let key = service.api_key("admin", None).await;
    let list = format!("/api/v1/alert-deliveries?destination_id={id}&state=failed");
    let listed = service.get(&list, &key).await.json();
    assert_eq!(
        listed["items"][0]["error"],
        json!("no connection: Connection refused (os error 111)")
    );
    let retry = format!("/api/v1/alert-deliveries/{}/retry", listed["items"][0]["id"]);
    let answer = service.call("POST", &retry, &key, &Value::Null).await;
    assert_eq!(answer.json()["state"], json!("waiting"));
    let again = service.call("POST", &retry, &key, &Value::Null).await;
    assert_eq!(again.status.as_u16(), 409);
    deliver_alerts_once(&service.state).await;
    assert!(deliveries(&service).await.starts_with("1 opened failed 12 "));
}

#[tokio::test]
async fn a_peer_that_is_slow_holds_up_nobody_else() {
    let service = Service::new().await;
    let slow = HttpPeer::start([Reply::Slow]).await;
    let quick = HttpPeer::start([]).await;
    webhook(&service, &slow.url, json!({})).await;
    webhook(&service, &quick.url, json!({})).await;
    open(&service).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let telling = tokio::spawn(deliver_alerts(service.state.clone(), async {
        let _ = stopped.await;
    }));
    while quick.seen().is_empty() || slow.seen().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let told = deliveries(&service).await;
    assert!(told.starts_with("1 opened waiting 1"), "{told}");
    // What was begun is finished.
    stop.send(()).unwrap();
    telling.await.unwrap();
    assert_eq!(
        deliveries(&service).await,
        "1 opened waiting 1 no complete answer in time; 2 opened delivered 1 204"
    );
}

#[tokio::test]
async fn what_a_process_was_telling_when_it_was_killed_is_told_by_another_one() {
    let service = Service::new().await;
    let peer = HttpPeer::start([Reply::Slow]).await;
    webhook(&service, &peer.url, json!({})).await;
    open(&service).await;
    let state = service.state.clone();
    let killed = tokio::spawn(async move { deliver_alerts_once(&state).await });
    while peer.seen().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    killed.abort();
    service.clock.advance(SignedDuration::from_secs(60));
    deliver_alerts_once(&service.state).await;
    assert_eq!(peer.seen().len(), 1, "it may still be at it");
    service.clock.advance(SignedDuration::from_secs(60));
    deliver_alerts_once(&service.state).await;
    let seen = peer.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_eq!(deliveries(&service).await, "1 opened delivered 2 204");
}

#[tokio::test]
async fn several_replicas_tell_of_everything_once() {
    let service = Service::new().await;
    let peer = HttpPeer::start([]).await;
    webhook(&service, &peer.url, json!({})).await;
    let insert = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, opened_at, changed_at)
        SELECT 'disconnected', 'critical', 'meta', 'channel', number, $1, $1
        FROM generate_series(1, 60) AS number";
    service.client.execute(insert, &[&service.clock.now()]).await.unwrap();
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let state = service.state.clone();
            tokio::spawn(async move { deliver_alerts_once(&state).await })
        })
        .collect();
    for replica in replicas {
        replica.await.unwrap();
    }
    let mut ids: Vec<String> =
        peer.seen().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 60);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 60);
}
