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
    page.says("data-label=\"Source\"><span>Meta<");
}

/// A status of a message of a channel that company 1 has, worked on.
async fn told() -> Service {
    let service = Service::new().await;
    crate::reads::fill(&service).await;
    let account = meta(&service).await;
    for id in ["wamid.7", "wamid.8"] {
        let body = MESSAGE.replace(r#""id":"1""#, r#""id":"1001""#).replace("wamid.1", id);
        let body = body.replace(r#""phone_number_id":"2""#, r#""phone_number_id":"2001""#);
        assert_eq!(from_meta(&service, &account, body.as_bytes()).await.status.as_u16(), 200);
    }
    work_once(&service.state).await;
    service
}

#[tokio::test]
async fn webhooks_are_found_by_message_channel_account_and_body() {
    let service = told().await;
    let (admin, viewer) = (service.sign_in("admin").await, service.sign_in("viewer").await);
    let found = async |query: &str, cookie: &str| {
        let page = service.page(&format!("/admin/webhooks?{query}"), cookie).await;
        assert_eq!(page.status.as_u16(), 200, "{query}: {}", page.body);
        page.body.matches("<a href=\"/admin/webhooks/").count()
    };
    assert_eq!(found("message=wamid.7", &viewer).await, 1);
    assert_eq!(found("message=wamid.9", &viewer).await, 0);
    assert_eq!(found("channel=meta-1", &viewer).await, 2);
    assert_eq!(
        found("channel=meta-1&from=2026-01-02&until=2026-01-02&message=wamid.8", &viewer).await,
        1
    );
    assert_eq!(found("channel=meta-1&until=2026-01-01", &viewer).await, 0);
    assert_eq!(found("channel=meta-2", &viewer).await, 0);
    assert_eq!(found("account=99", &viewer).await, 0);
    assert_eq!(found("text=wamid.8", &admin).await, 1);
    let refused = service.page("/admin/webhooks?text=wamid.8", &viewer).await;
    assert_eq!(refused.status.as_u16(), 403);
    let refused = service.page("/admin/webhooks?text=wamid.8&from=2025-12-01", &admin).await;
    assert_eq!(refused.status.as_u16(), 422);

    let key = service.api_key("viewer", None).await;
    let listed = service.get("/api/v1/webhooks?message_id=wamid.7&channel_id=meta-1", &key).await;
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1, "{}", listed.body);
}

#[tokio::test]
async fn many_are_worked_on_again_after_they_were_counted_and_somebody_agreed() {
    let service = told().await;
    let (operator, viewer) = (service.sign_in("operator").await, service.sign_in("viewer").await);
    let list = service.page("/admin/webhooks?channel=meta-1", &operator).await.body;
    assert!(list.contains("/admin/webhooks/replay?channel=meta-1"), "{list}");
    let list = service.page("/admin/webhooks", &operator).await.body;
    assert!(
        !list.contains("/admin/webhooks/replay"),
        "everything is nothing that somebody wants again"
    );
    let asked = service.page("/admin/webhooks/replay?channel=meta-1", &operator).await.body;
    assert!(asked.contains("Work on 2 webhooks again?") && asked.contains("meta-1"), "{asked}");
    for path in ["/admin/webhooks/replay", "/admin/webhooks/replay?account=1"] {
        assert_eq!(service.page(path, &operator).await.status.as_u16(), 400);
        assert_eq!(service.submit(path, &operator, "").await.status.as_u16(), 400);
    }
    let path = "/admin/webhooks/replay?from=2026-01-02&until=2026-01-02&message=wamid.7";
    assert_eq!(service.submit(path, &viewer, "").await.status.as_u16(), 403);
    let done = service.submit(path, &operator, "").await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.body);
    assert!(done.header("set-cookie").contains("1%20are%20worked%20on%20again"));
    let waiting = "SELECT count(*) FROM trunkline.webhook_queue";
    let waiting: i64 = service.client.query_one(waiting, &[]).await.unwrap().get(0);
    assert_eq!(waiting, 1);

    let key = service.api_key("operator", None).await;
    let range = json!({ "since": "2026-01-02T00:00:00Z", "until": "2026-01-03T00:00:00Z", "dry_run": true });
    let counted = service.call("POST", "/api/v1/webhooks/replay", &key, &range).await;
    assert_eq!(counted.json()["webhooks"], 2, "{}", counted.body);
    let query = "SELECT count(*) FROM trunkline.audit_log WHERE action = 'webhook.replayed'";
    assert_eq!(service.client.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 1);
}
