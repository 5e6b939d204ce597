//! What goes wrong on command, as a client sees it.

use std::time::Duration;

use serde_json::json;
use trunkline_providers::{error::Failure, http::Method};

use super::{control, meta, partner, send, start};
use crate::fake::{http, http_with};

const NODE: &str = "102000000000001";

#[tokio::test]
async fn a_refusal_comes_so_often_and_with_its_headers() {
    let simulator = start().await;
    let throttled =
        json!({"error": {"code": 80007, "message": "slow down", "type": "OAuthException"}});
    let fault = json!({"method": "GET", "path": "/meta/*/*", "times": 2, "fault": "refuse", "status": 429,
        "headers": {"retry-after": "7"}, "body": throttled});
    assert_eq!(control(&simulator, "/faults", &fault).await.status, 200);
    for _ in 0..2 {
        let refused = send(meta(&simulator, Method::GET, NODE)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "7"));
        assert_eq!(refused.meta_code(), (80_007, None));
    }
    assert_eq!(send(meta(&simulator, Method::GET, NODE)).await.status, 200);
    let unreadable = control(&simulator, "/faults", &json!({"path": "/", "fault": "nope"})).await;
    assert_eq!(unreadable.status, 400);
}

#[tokio::test]
async fn a_thing_is_made_although_500_is_answered() {
    let simulator = start().await;
    let fault =
        json!({"path": "/360dialog/**", "times": 1, "fault": "done_but_refused", "status": 500});
    control(&simulator, "/faults", &fault).await;
    let body = json!({"name": "Bakery", "email": "b@example.com"});
    let call = || partner(&simulator, Method::POST, "/account_sharing/clients").json(&body);
    assert_eq!(send(call()).await.status, 500);
    let before = simulator.read(|world| world.dialog360.clients.len());
    assert_eq!(send(call()).await.status, 201);
    assert_eq!(
        simulator.read(|world| world.dialog360.clients.len()),
        before,
        "it was there already"
    );
}

#[tokio::test]
async fn answers_are_cut_dropped_and_late() {
    let simulator = start().await;
    let fail = async |fault: serde_json::Value, patience: u64| {
        control(&simulator, "/faults", &fault).await;
        let http = http_with(Duration::from_millis(patience));
        http.send(meta(&simulator, Method::GET, NODE))
            .await
            .err()
            .map(|unanswered| unanswered.failure)
    };
    let path = format!("/meta/v25.0/{NODE}");
    let fault = |kind: &str| json!({"path": path, "times": 1, "fault": kind});
    assert_eq!(fail(fault("truncated"), 15_000).await, Some(Failure::Interrupted));
    assert_eq!(fail(fault("reset"), 15_000).await, Some(Failure::Interrupted));
    let slow = json!({"path": path, "times": 1, "fault": "slow", "milliseconds": 5000});
    assert_eq!(fail(slow, 300).await, Some(Failure::Timeout));
    assert!(http().send(meta(&simulator, Method::GET, NODE)).await.is_ok());
    assert!(simulator.requests().iter().any(|request| request.status == 0));
}
