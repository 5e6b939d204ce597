use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use trunkline_server::Settings;

use super::platform;
use crate::providers::{account, dialog360, meta, provider};

/// Meta and 360dialog's Messaging API: what a token is good for stands in the token.
fn providers() -> Router {
    let number = get(
        async |Path(id): Path<String>,
               Query(query): Query<std::collections::BTreeMap<String, String>>,
               headers: HeaderMap| {
            let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ");
            let number = |shown: &str| {
                (StatusCode::OK, Json(json!({ "id": id, "display_phone_number": shown })))
            };
            let error = |code: i64, subcode: i64, message: &str| {
                let error = json!({ "error": { "code": code, "error_subcode": subcode, "message": message } });
                (StatusCode::BAD_REQUEST, Json(error))
            };
            match token {
                "fake-other-app" if query.contains_key("appsecret_proof") => {
                    error(100, 0, "Invalid appsecret_proof provided in the API argument")
                }
                "fake-good" | "fake-other-app" => number("+49 1511 0000002"),
                "fake-other-number" => number("+49 1511 9999999"),
                "fake-elsewhere" => error(100, 33, "Unsupported get request"),
                "fake-down" => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({}))),
                _ => error(190, 463, "Session has expired"),
            }
        },
    );
    let webhook = get(async |headers: HeaderMap| {
        if headers["d360-api-key"] == "fake-key-1" {
            (StatusCode::OK, Json(json!({ "url": null })))
        } else {
            (StatusCode::UNAUTHORIZED, Json(json!({ "error": "Invalid api key" })))
        }
    });
    Router::new().route("/v25.0/{number}", number).route("/v1/configs/webhook", webhook)
}

#[tokio::test]
async fn tokens_are_asked_about_and_those_that_are_refused_can_be_left_out() {
    let (mut service, key) = platform().await;
    let address = provider(providers()).await;
    let mut settings = Settings::clone(&service.state.settings);
    settings.providers.dialog360_messaging_url.clone_from(&address);
    service.state.settings = Arc::new(settings);
    account(&service, &address, &meta()).await;
    account(&service, &address, &dialog360()).await;
    let ask = json!({ "kind": "plan", "check_provider": true });
    for (token, good, refused, not_asked, word) in [
        ("fake-good", 2, 2, 0, Value::Null),
        ("fake-other-app", 2, 2, 0, json!("other_app")),
        ("fake-other-number", 2, 2, 0, json!("number_differs")),
        ("fake-elsewhere", 1, 3, 0, Value::Null),
        ("fake-expired", 1, 3, 0, Value::Null),
        ("fake-down", 1, 2, 1, Value::Null),
    ] {
        let set = "
            UPDATE channel_connections
            SET connection_data = jsonb_set(connection_data, '{accessToken}', to_jsonb($1::TEXT))
            WHERE id = 2";
        service.client.execute(set, &[&token]).await.unwrap();
        let plan = service.import(&key, &ask).await;
        assert_eq!(plan["state"], "done", "{plan}");
        let tokens = &plan["result"]["tokens"];
        assert_eq!(
            [&tokens["good"], &tokens["refused"], &tokens["not_asked"]],
            [good, refused, not_asked],
            "{token}: {plan}"
        );
        let notes = tokens["notes"].as_object().unwrap();
        assert_eq!(notes.keys().next().map_or(Value::Null, |note| json!(note)), word, "{token}");
        let conflicts = service.conflicts(&key).await;
        let of_row = conflicts.iter().find(|line| line.starts_with("2 ")).cloned();
        let expected = match token {
            "fake-elsewhere" => Some("2 token_elsewhere open".to_owned()),
            "fake-expired" => Some("2 token_rejected open".to_owned()),
            _ => None,
        };
        assert_eq!(of_row, expected, "{token}");
    }

    let set = "UPDATE channel_connections SET connection_data = jsonb_set(connection_data, '{accessToken}', '\"fake-expired\"') WHERE id = 2";
    service.client.batch_execute(set).await.unwrap();
    service.import(&key, &ask).await;
    service.decide(&key, 2, &json!({ "choice": "leave_out" })).await.expect(200);
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["created"], &run["result"]["left_out"]], [1, 1]);
    // Somebody entered another token: what the provider said was of the other one.
    let again = "UPDATE channel_connections SET updated_at = '2027-01-01' WHERE id = 2";
    service.client.batch_execute(again).await.unwrap();
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["created"], &run["result"]["left_out"]], [1, 0]);
}

#[tokio::test]
async fn without_a_partner_account_it_is_said_what_is_missing() {
    let (service, key) = platform().await;
    let plan = service.import(&key, &json!({ "kind": "plan", "check_provider": true })).await;
    let tokens = &plan["result"]["tokens"];
    assert_eq!([&tokens["good"], &tokens["refused"], &tokens["not_asked"]], [0, 0, 4]);
    assert!(
        tokens["reasons"][0].as_str().unwrap().contains("no active partner account of"),
        "{tokens}"
    );
}
