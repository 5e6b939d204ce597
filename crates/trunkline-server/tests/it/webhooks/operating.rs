//! What came is listed, shown to whoever may read it, and worked on again.

use axum::http::StatusCode;
use serde_json::json;
use trunkline_server::work_once;

use super::sender::{Account, from_meta, meta};
use crate::support::Service;

const MESSAGE: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"2"},"messages":[{"id":"wamid.1","type":"text","timestamp":"1767322000","text":{"body":"words for the bakery"}}]}}]}]}"#;

/// One that is quarantined and one that is dead.
async fn service() -> (Service, Account) {
    let service = Service::new().await;
    let account = meta(&service).await;
    // Where the day has no partition yet, making one takes a number.
    service
        .client
        .batch_execute("SELECT trunkline.add_webhook_partition('2026-01-02')")
        .await
        .unwrap();
    for body in [MESSAGE, "no JSON"] {
        assert_eq!(from_meta(&service, &account, body.as_bytes()).await.status.as_u16(), 200);
    }
    work_once(&service.state).await;
    (service, account)
}

#[tokio::test]
async fn webhooks_are_listed_by_how_they_stand_and_by_what_is_in_them() {
    let (service, account) = service().await;
    let key = service.api_key("admin", None).await;
    let list = async |query: &str| {
        let answer = service.get(&format!("/api/v1/webhooks?{query}"), &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [2, 1]);
    assert_eq!(list("state=dead").await, [2]);
    assert_eq!(list("state=quarantined").await, [1]);
    assert_eq!(list("state=done").await, [0; 0]);
    assert_eq!(list("source=meta&limit=1").await, [2]);
    assert_eq!(list("source=twilio_status").await, [0; 0]);
    assert_eq!(list(&format!("partner_account_id={}", account.id)).await, [2, 1]);
    assert_eq!(list("since=2026-01-02T00:00:00Z&contains=wamid.1").await, [1]);
    assert_eq!(list("until=2026-01-02T00:00:00Z").await, [0; 0]);
    let refused = service.get("/api/v1/webhooks?contains=wamid.1", &key).await;
    assert_eq!(refused.status.as_u16(), 422);
}

#[tokio::test]
async fn texts_of_people_are_for_administrators_alone() {
    let (service, _) = service().await;
    for (role, company, expected) in [
        ("admin", None, Some(true)),
        ("operator", None, Some(false)),
        ("viewer", None, Some(false)),
        ("admin", Some(1), None),
    ] {
        let key = service.api_key(role, company).await;
        let answer = service.get("/api/v1/webhooks/1", &key).await;
        let Some(reads) = expected else {
            assert_eq!(answer.status.as_u16(), 403);
            continue;
        };
        assert_eq!(answer.body.contains("words for the bakery"), reads, "{}", answer.body);
        assert_eq!(answer.json()["is_masked"], !reads);
        assert!(answer.body.contains("wamid.1"));
    }
    let viewer = service.api_key("viewer", None).await;
    let search = "/api/v1/webhooks?since=2026-01-02T00:00:00Z&contains=bakery";
    assert_eq!(service.get(search, &viewer).await.status.as_u16(), 403);
    for (role, reads) in [("admin", true), ("viewer", false)] {
        let page = service.page("/admin/webhooks/1", &service.sign_in(role).await).await;
        assert_eq!(page.status.as_u16(), 200, "{}", page.body);
        assert_eq!(page.body.contains("words for the bakery"), reads);
        assert_eq!(page.body.contains("Work on it again"), reads);
    }
}

#[tokio::test]
async fn a_webhook_is_worked_on_again_by_whoever_may_and_that_is_written_down() {
    let (service, _) = service().await;
    let waiting = async || {
        let query = "SELECT count(*) FROM trunkline.webhook_queue";
        service.client.query_one(query, &[]).await.unwrap().get::<_, i64>(0)
    };
    let (viewer, operator) =
        (service.api_key("viewer", None).await, service.api_key("operator", None).await);
    let nothing = json!({});
    let refused = service.call("POST", "/api/v1/webhooks/2/replay", &viewer, &nothing).await;
    assert_eq!(refused.status.as_u16(), 403);
    let missing = service.call("POST", "/api/v1/webhooks/9/replay", &operator, &nothing).await;
    assert_eq!(missing.status.as_u16(), 404);
    let replayed = service.call("POST", "/api/v1/webhooks/2/replay", &operator, &nothing).await;
    assert_eq!((replayed.status.as_u16(), waiting().await), (200, 1));
    work_once(&service.state).await;
    assert_eq!(waiting().await, 0);

    let range = json!({ "since": "2026-01-02T00:00:00Z", "until": "2026-01-03T00:00:00Z" });
    let replayed = service.call("POST", "/api/v1/webhooks/replay", &operator, &range).await;
    assert_eq!(replayed.json()["webhooks"], 2, "{}", replayed.body);
    assert_eq!(waiting().await, 2);
    work_once(&service.state).await;

    let cookie = service.sign_in("operator").await;
    let answer = service.submit("/admin/webhooks/2/replay", &cookie, "").await;
    assert_eq!((answer.status.as_u16(), waiting().await), (303, 1));
    let query = "SELECT count(*) FROM trunkline.audit_log WHERE action = 'webhook.replayed'";
    assert_eq!(service.client.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 3);
}

#[tokio::test]
async fn the_page_lists_what_came_and_says_what_to_do_when_nothing_did() {
    let empty = Service::new().await;
    let page = empty.page("/admin/webhooks", &empty.sign_in("viewer").await).await;
    assert!(page.body.contains("Nothing came yet"), "{}", page.body);
    let (service, _) = service().await;
    let page = service.page("/admin/webhooks?state=dead", &service.sign_in("viewer").await).await;
    assert!(page.body.contains("the body is no JSON"), "{}", page.body);
    assert!(!page.body.contains("/admin/webhooks/1\""), "{}", page.body);
}
