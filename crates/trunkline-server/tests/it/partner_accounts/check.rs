use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};

use super::{ACCOUNTS, actions, add, dialog360, patch, stable};
use crate::support::Service;

/// 360dialog as it answers one partner with one key; gives its address.
async fn provider(key: &'static str) -> String {
    let partner = async move |headers: HeaderMap, Path(id): Path<String>| {
        if headers.get("x-api-key").is_some_and(|given| given == key) {
            let partner = json!({ "id": id, "webhook_url": "https://elsewhere.example.com/hook" });
            return (StatusCode::OK, Json::<Value>(partner));
        }
        (StatusCode::UNAUTHORIZED, Json(json!({ "meta": { "developer_message": "bad key" } })))
    };
    let router = axum::Router::new().route("/api/v2/partners/{id}", get(partner));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_check_tells_what_is_wrong_and_keeps_it() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &dialog360()).await;
    let address = provider("d360-api-key-dddd4444").await;
    let set = "UPDATE trunkline.partner_account_details SET base_url = $1";
    service.client.execute(set, &[&address]).await.unwrap();
    let path = format!("{ACCOUNTS}/1");
    let good = service.call("POST", &format!("{path}/check"), &key, &json!({})).await;
    assert_eq!(good.status.as_u16(), 200, "{}", good.body);
    insta::assert_snapshot!("good", redacted(&good.json()["check"]));
    assert_eq!(service.get(&path, &key).await.body, good.body);

    let wrong = json!({ "api_key": "d360-another-key-0000" });
    assert_eq!(patch(&service, &key, &path, "*", &wrong).await.status.as_u16(), 200);
    let bad = service.call("POST", &format!("{path}/check"), &key, &json!({})).await;
    insta::assert_snapshot!("bad", redacted(&bad.json()["check"]));
    assert!(!stable(&bad).contains("d360-another-key"));
    assert_eq!(
        actions(&service).await,
        [
            "partner_account.created",
            "partner_account.checked",
            "partner_account.updated",
            "partner_account.checked"
        ]
    );
}

fn redacted(check: &Value) -> String {
    let text = serde_json::to_string_pretty(check).unwrap();
    let slug = regex_lite::Regex::new("[0-9a-f]{32}").unwrap();
    slug.replace_all(&text, "SLUG").into_owned()
}
