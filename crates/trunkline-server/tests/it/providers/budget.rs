use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::routing::get;
use serde_json::json;
use trunkline_server::Settings;
use trunkline_server::providers::create_channel_key;

use super::{account, dialog360, nobody, on, provider};
use crate::support::Service;

#[tokio::test]
async fn calls_wait_for_their_turn_and_are_refused_when_it_is_too_far() {
    let mut service = Service::new().await;
    let mut settings = Settings::clone(&service.state.settings);
    settings.calls.dialog360_calls = 4;
    settings.calls.dialog360_seconds = 1;
    settings.calls.patience_seconds = 5;
    service.state.settings = Arc::new(settings.clone());

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let keys = get(async || Json(json!({ "api_keys": [] }))).post(async move || {
        log.lock().unwrap().push(Instant::now());
        Json(json!({ "id": "k", "api_key": "channel-key" }))
    });
    let path = "/api/v2/partners/examplePA/channels/{id}/api_keys";
    let address = provider(axum::Router::new().route(path, keys)).await;
    let account = account(&service, &address, &dialog360()).await;
    for number in 0..6 {
        let key = format!("channel{number}CH");
        create_channel_key(&service.state, on(&account, &nobody(), &key)).await.unwrap();
    }
    let times = seen.lock().unwrap().clone();
    // Twelve calls, four a second: the last two of them come two seconds after the first two.
    assert!(times[5].duration_since(times[0]) > Duration::from_millis(1_900), "{times:?}");

    settings.calls.dialog360_seconds = 600;
    settings.calls.patience_seconds = 0;
    service.state.settings = Arc::new(settings);
    let actor = nobody();
    let refused = create_channel_key(&service.state, on(&account, &actor, "channel9CH")).await;
    assert_eq!(refused.unwrap_err().status().as_u16(), 429);
    assert_eq!(seen.lock().unwrap().len(), 6);
}
