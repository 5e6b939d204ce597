use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{MethodRouter, get};
use serde_json::{Value, json};
use tokio::sync::Notify;

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
    serve(get(partner)).await
}

async fn serve(partner: MethodRouter) -> String {
    let router = axum::Router::new().route("/api/v2/partners/{id}", partner);
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
    let before = service.get(&path, &key).await;
    let good = service.call("POST", &format!("{path}/check"), &key, &json!({})).await;
    assert_eq!(good.status.as_u16(), 200, "{}", good.body);
    insta::assert_snapshot!("good", redacted(&good.json()["check"]));
    assert_eq!(service.get(&path, &key).await.body, good.body);

    // The check was no edit: what was read before it may still be edited. A label changes nothing of what was
    // found; another key may work or not.
    let label =
        patch(&service, &key, &path, before.header("etag"), &json!({ "label": "Ours" })).await;
    assert_eq!(label.json()["check"], good.json()["check"]);
    let wrong = json!({ "api_key": "d360-another-key-0000" });
    let edited = patch(&service, &key, &path, label.header("etag"), &wrong).await;
    assert_eq!((edited.status.as_u16(), &edited.json()["check"]), (200, &Value::Null));
    let bad = service.call("POST", &format!("{path}/check"), &key, &json!({})).await;
    insta::assert_snapshot!("bad", redacted(&bad.json()["check"]));
    assert!(!stable(&bad).contains("d360-another-key"));
    assert_eq!(
        actions(&service).await,
        [
            "partner_account.created",
            "partner_account.checked",
            "partner_account.updated",
            "partner_account.updated",
            "partner_account.checked"
        ]
    );
}

#[tokio::test]
async fn what_a_provider_says_of_credentials_that_were_replaced_meanwhile_is_not_kept() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &dialog360()).await;
    let (asked, answers) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (said, may) = (Arc::clone(&asked), Arc::clone(&answers));
    let partner = async move |Path(id): Path<String>| {
        said.notify_one();
        may.notified().await;
        Json(json!({ "id": id }))
    };
    let address = serve(get(partner)).await;
    let set = "UPDATE trunkline.partner_account_details SET base_url = $1";
    service.client.execute(set, &[&address]).await.unwrap();
    let path = format!("{ACCOUNTS}/1");
    let (checked, body) = (format!("{path}/check"), json!({}));
    let (checked, ()) = tokio::join!(service.call("POST", &checked, &key, &body), async {
        asked.notified().await;
        let other = json!({ "api_key": "d360-another-key-0000" });
        assert_eq!(patch(&service, &key, &path, "*", &other).await.status.as_u16(), 200);
        answers.notify_one();
    });
    assert_eq!(checked.status.as_u16(), 409, "{}", checked.body);
    assert!(service.get(&path, &key).await.json()["check"].is_null());
}

fn redacted(check: &Value) -> String {
    let text = serde_json::to_string_pretty(check).unwrap();
    let slug = regex_lite::Regex::new("[0-9a-f]{32}").unwrap();
    slug.replace_all(&text, "SLUG").into_owned()
}
