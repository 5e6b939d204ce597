//! The control routes beside faults and webhooks.

use serde_json::{Value, json};
use trunkline_providers::{
    call,
    http::Method,
    simulator::{Sample, Simulator, World},
};

use super::{Brought, control, meta, send, start, start_with};

async fn request(simulator: &Simulator, method: Method, path: &str) -> Brought {
    send(call!("test.control", method, simulator.url(&format!("/_control{path}")))).await
}

#[tokio::test]
async fn the_state_is_a_seed() {
    let simulator = start_with(World::sample(&Sample { companies: 3 })).await;
    let state = request(&simulator, Method::GET, "/state").await.json;
    let world: World = serde_json::from_value(state.clone()).unwrap();
    assert_eq!(serde_json::to_value(&world).unwrap(), state);
    let url = simulator.url("/_control/state");
    let put =
        send(call!("test.control", Method::PUT, url.clone()).json(&json!({"meta": {}}))).await;
    assert_eq!(put.status, 200);
    assert_eq!(simulator.read(|world| world.meta.apps.len()), 0);
    let wrong = send(call!("test.control", Method::PUT, url).json(&json!({"colour": 1}))).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json["error"].as_str().unwrap().contains("colour"));
}

#[tokio::test]
async fn reset_brings_the_seed_back_and_forgets_the_rest() {
    let simulator = start().await;
    let number = "103000000000001";
    let path = format!("/meta/numbers/{number}");
    control(&simulator, &path, &json!({"quality_rating": "RED", "status": "FLAGGED"})).await;
    let read = async || {
        let call = meta(&simulator, Method::GET, number).query("fields", "quality_score,status");
        send(call).await.json
    };
    assert_eq!(read().await["quality_score"], json!({"score": "RED"}));
    control(&simulator, "/faults", &json!({"path": "/**", "fault": "reset"})).await;
    control(&simulator, "/reset", &Value::Null).await;
    assert_eq!(read().await["status"], "CONNECTED");
    assert_eq!(request(&simulator, Method::GET, "/faults").await.json, json!([]));
}

#[tokio::test]
async fn requests_are_recorded_and_the_clock_is_put_forward() {
    let simulator = start().await;
    send(meta(&simulator, Method::GET, "999")).await;
    let seen = request(&simulator, Method::GET, "/requests").await.json;
    assert_eq!((&seen[0]["path"], &seen[0]["status"]), (&json!("/meta/v25.0/999"), &json!(400)));
    let clock = control(&simulator, "/clock", &json!({"advance_seconds": 3600})).await.json;
    assert_eq!(clock["now"], "2026-11-22T13:00:00Z");
    assert_eq!(request(&simulator, Method::GET, "/nope").await.status, 404);
}

#[tokio::test]
async fn a_portfolio_s_limit_is_that_of_all_its_numbers() {
    let simulator = start().await;
    let path = "/meta/businesses/1020000000000010";
    control(&simulator, path, &json!({"messaging_limit": "TIER_100K"})).await;
    for node in ["102000000000001", "103000000000001"] {
        let field = "whatsapp_business_manager_messaging_limit";
        let shown = send(meta(&simulator, Method::GET, node).query("fields", field)).await.json;
        assert_eq!(shown[field], "TIER_100K", "{node}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_until_it_is_let_in_again() {
    let simulator = start().await;
    let say = async |revoked: Value| {
        control(
            &simulator,
            "/meta/tokens",
            &json!({"token": Sample::META_TOKEN, "revoked": revoked}),
        )
        .await;
        send(meta(&simulator, Method::GET, "102000000000001")).await.meta_code()
    };
    assert_eq!(say(json!(467)).await, (190, Some(467)));
    assert_eq!(say(Value::Null).await, (0, None));
}
