use axum::body::Body;
use axum::http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::Field;

#[tokio::test]
async fn a_sync_is_asked_for_followed_and_read_page_by_page() {
    let field = Field::new(2).await;
    let service = &field.service;
    let key = service.api_key("operator", None).await;
    let body = json!({ "partner_account_id": field.meta(), "dry_run": true });
    let asked = service.call("POST", "/api/v1/syncs", &key, &body).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (202, "/api/v1/syncs/1"));
    let again = service.call("POST", "/api/v1/syncs", &key, &body).await;
    assert_eq!((again.status.as_u16(), again.json()["id"].as_i64()), (200, Some(1)));
    field.work().await;
    let shown = service.get("/api/v1/syncs/1", &key).await;
    assert_snapshot!("api_sync", serde_json::to_string_pretty(&shown.json()).unwrap());

    let (mut found, mut next) = (Vec::new(), "/api/v1/syncs/1/findings?limit=5".to_owned());
    loop {
        let answer = service.get(&next, &key).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        let page = answer.json();
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("/api/v1/syncs/1/findings?limit=5&cursor={cursor}");
    }
    assert_eq!(
        Some(found.len()),
        shown.json()["findings"].as_u64().map(|count| count.try_into().unwrap())
    );
    assert_snapshot!("api_finding", serde_json::to_string_pretty(&found[0]).unwrap());

    service
        .call("POST", "/api/v1/syncs", &key, &json!({ "partner_account_id": field.accounts[0] }))
        .await;
    for (filter, count) in [
        ("", 2),
        ("?provider=meta", 1),
        ("?state=queued", 1),
        ("?dry_run=true", 1),
        ("?kind=hints", 0),
        ("?partner_account_id=1&limit=1", 1),
    ] {
        let list = service.get(&format!("/api/v1/syncs{filter}"), &key).await;
        assert_eq!(
            list.json()["items"].as_array().map(Vec::len),
            Some(count),
            "{filter} {}",
            list.body
        );
    }
    let none = service.get("/api/v1/syncs/1/findings?kind=not_here", &key).await;
    assert_eq!(none.json()["items"], json!([]));
}

#[tokio::test]
async fn a_sync_that_is_asked_for_again_after_a_lost_answer_is_asked_for_once() {
    let field = Field::new(2).await;
    let key = field.service.api_key("operator", None).await;
    let body = json!({ "partner_account_id": field.meta() }).to_string();
    let send = async || {
        let request = Request::post("/api/v1/syncs")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("idempotency-key", "once");
        field.service.send(request.body(Body::from(body.clone())).unwrap()).await
    };
    let first = send().await;
    field.work().await;
    let second = send().await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!((first.status, first.body), (second.status, second.body));
    assert_eq!(field.text("SELECT count(*)::TEXT FROM trunkline.sync_runs").await, "1");
}

#[tokio::test]
async fn only_the_platform_sees_syncs_and_only_operators_ask_for_one() {
    let field = Field::new(2).await;
    let service = &field.service;
    field.sync(field.meta(), false).await;
    let company = service.api_key("admin", Some(1)).await;
    for path in ["/api/v1/syncs", "/api/v1/syncs/1", "/api/v1/syncs/1/findings"] {
        assert_eq!(service.get(path, &company).await.status.as_u16(), 403, "{path}");
    }
    let body = json!({ "partner_account_id": field.meta() });
    let viewer = service.api_key("viewer", None).await;
    for key in [&company, &viewer] {
        assert_eq!(service.call("POST", "/api/v1/syncs", key, &body).await.status.as_u16(), 403);
    }
    // What it changed of its own channels a company sees where they are.
    let history = service.get("/api/v1/channels/meta-1/history", &company).await.json();
    let told = history["items"].as_array().unwrap();
    assert!(!told.is_empty() && told.iter().all(|change| change["told_by"] == "sync"), "{history}");

    let operator = service.api_key("operator", None).await;
    for (body, status) in [
        (json!({ "partner_account_id": 999 }), 404),
        (json!({}), 422),
        (json!({ "partner_account_id": field.meta(), "dry": true }), 422),
    ] {
        let answer = service.call("POST", "/api/v1/syncs", &operator, &body).await;
        assert!([400, status].contains(&answer.status.as_u16()), "{body}: {}", answer.body);
    }
    let off = "UPDATE partner_configurations SET is_active = false, is_default = false WHERE provider = 'meta'";
    service.client.batch_execute(off).await.unwrap();
    let refused = service.call("POST", "/api/v1/syncs", &operator, &body).await;
    assert_eq!(refused.status.as_u16(), 409);
    assert_eq!(service.get("/api/v1/syncs/77", &viewer).await.status.as_u16(), 404);
    let written = "SELECT action FROM trunkline.audit_log WHERE object_kind = 'sync'";
    assert_eq!(field.text(written).await, "sync.requested");
    let _: Value = service.get("/api/v1/providers/status", &company).await.json();
}
