use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::json;

use super::peers::{HttpPeer, Reply};
use super::{open, webhook};
use crate::support::Service;

#[tokio::test]
async fn what_a_destination_cannot_be_is_refused_and_named() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let mut said = String::new();
    for body in [
        json!({ "name": " ", "kind": "webhook" }),
        json!({ "name": "a", "kind": "webhook", "url": "https://169.254.169.254/latest" }),
        json!({ "name": "a", "kind": "webhook", "url": "http://example.com/" }),
        json!({ "name": "a", "kind": "webhook", "url": "https://user:secret@example.com/" }),
        json!({ "name": "a", "kind": "webhook", "url": "https://example.com/", "secret": "whsec_dG9vIHNob3J0" }),
        json!({ "name": "a", "kind": "email", "addresses": [] }),
        json!({ "name": "a", "kind": "email", "addresses": ["nobody"], "url": "https://example.com/" }),
        json!({ "name": "a", "kind": "email", "addresses": ["a@example.com"], "minimum_severity": "none" }),
    ] {
        let answer = service.call("POST", "/api/v1/alert-destinations", &key, &body).await;
        let problem = answer.json();
        let wrong =
            if problem["errors"].is_null() { &problem["detail"] } else { &problem["errors"] };
        let _ = writeln!(said, "{} {wrong}", answer.status.as_u16());
    }
    assert_snapshot!(said);
    let operator = service.api_key("operator", None).await;
    let company = service.api_key("admin", Some(1)).await;
    for key in [operator, company] {
        let answer = service.get("/api/v1/alert-destinations", &key).await;
        assert_eq!(answer.status.as_u16(), 403);
    }
}

#[tokio::test]
async fn a_secret_is_sealed_shown_once_and_replaced() {
    let service = Service::new().await;
    let peer = HttpPeer::start([]).await;
    let (id, secret) = webhook(&service, &peer.url, json!({})).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let stored = "SELECT secret FROM trunkline.alert_destinations";
    let stored: String = service.client.query_one(stored, &[]).await.unwrap().get(0);
    assert!(stored.starts_with("tlk1."), "{stored}");
    let key = service.api_key("admin", None).await;
    let path = format!("/api/v1/alert-destinations/{id}");
    let shown = service.get(&path, &key).await;
    assert!(!shown.body.contains(&secret));
    assert_eq!(shown.json()["secret"]["last_four"], json!(secret[secret.len() - 4..]));
    let audit = "SELECT string_agg(concat(action, before, after), ' ') FROM trunkline.audit_log";
    let audit: String = service.client.query_one(audit, &[]).await.unwrap().get(0);
    assert!(audit.contains("alert_destination.created") && !audit.contains(&secret));

    let refused = service.call("PATCH", &path, &key, &json!({ "name": "b" })).await;
    assert_eq!(refused.status.as_u16(), 428);
    let other = "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB";
    let request = axum::http::Request::patch(&path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("if-match", shown.header("etag"));
    let body = json!({ "secret": other, "name": "Another" }).to_string();
    let answer = service.send(request.body(axum::body::Body::from(body)).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    assert_eq!(answer.json()["secret"]["last_four"], json!("QUFB"));
}

#[tokio::test]
async fn an_admin_adds_tests_edits_and_deletes_a_destination_on_the_pages() {
    let service = Service::new().await;
    let peer =
        HttpPeer::start([Reply::Answer("503 Service Unavailable", "", "<b>closed</b>")]).await;
    let admin = service.sign_in("admin").await;
    let wrong = "name=On+call&kind=webhook&url=https%3A%2F%2F10.0.0.1%2F&minimum_severity=critical&is_active=true";
    let refused = service.submit("/admin/alerts/destinations/new", &admin, wrong).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.body.contains("not a public address"), "{}", refused.body);
    let url = form_urlencoded(&peer.url);
    let form = format!(
        "name=On+call&kind=webhook&url={url}&minimum_severity=warning&rule_quality_fell=true&is_active=true"
    );
    let made = service.submit("/admin/alerts/destinations/new", &admin, &form).await;
    assert!(made.body.contains("whsec_"), "{}", made.body);
    let tested = service.submit("/admin/alerts/destinations/1/test", &admin, "").await;
    assert!(tested.body.contains("The test was not taken"));
    assert!(tested.body.contains("it answered 503: &#60;b&#62;closed"), "{}", tested.body);
    let tested = service.submit("/admin/alerts/destinations/1/test", &admin, "").await;
    assert!(tested.body.contains("The test was taken"));

    open(&service).await;
    trunkline_server::deliver_alerts_once(&service.state).await;
    let page = service.page("/admin/alerts/destinations/1", &admin).await;
    assert!(page.body.contains("Quality fell: opened") && page.body.contains("Delivered"));
    let list = service.page("/admin/alerts/destinations", &admin).await;
    assert!(list.body.contains("Every alert of: Quality fell") && list.body.contains("Delivered"));

    let edit = service.page("/admin/alerts/destinations/1/edit", &admin).await;
    assert!(edit.body.contains("name=\"rule_quality_fell\" value=\"true\" checked"));
    let form = format!("name=Nights&url={url}&secret=&minimum_severity=critical");
    let saved = service.submit("/admin/alerts/destinations/1/edit", &admin, &form).await;
    assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
    let page = service.page("/admin/alerts/destinations/1", &admin).await.body;
    assert!(page.contains("Nights") && page.contains("Critical alerts") && page.contains("Off"));

    let asked = service.page("/admin/alerts/destinations/1/delete", &admin).await;
    assert!(asked.body.contains("Delete “Nights”?"));
    let gone = service.submit("/admin/alerts/destinations/1/delete", &admin, "").await;
    assert_eq!(gone.status.as_u16(), 303);
    let operator = service.sign_in("operator").await;
    assert_eq!(service.page("/admin/alerts/destinations", &operator).await.status.as_u16(), 403);
    let page = service.page("/admin/alerts", &operator).await;
    assert!(!page.body.contains("/admin/alerts/destinations"));
}

fn form_urlencoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}
