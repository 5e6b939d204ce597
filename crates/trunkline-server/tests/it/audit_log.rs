use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Answer, Service};

/// Two keys made by an admin of the platform, an hour apart: of company 1, and of the platform.
async fn acted() -> (Service, String) {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let body = json!({ "name": "one", "role": "viewer", "company_id": 1 });
    service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    service.clock.advance(SignedDuration::from_hours(1));
    let body = json!({ "name": "all", "role": "viewer" });
    service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    (service, admin)
}

fn ids(answer: &Answer) -> Vec<i64> {
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    items.iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn an_entry_tells_who_did_what_and_what_it_is_now() {
    let (service, admin) = acted().await;
    let answer = service.get("/api/v1/audit-log", &admin).await;
    assert_eq!(ids(&answer), [2, 1]);
    let mut entry = answer.json()["items"][1].clone();
    entry["request_id"].take();
    entry["after"]["hint"].take();
    insta::assert_snapshot!(serde_json::to_string_pretty(&entry).unwrap());
}

#[tokio::test]
async fn entries_are_found_by_who_what_and_when() {
    let (service, admin) = acted().await;
    for (query, expected) in [
        ("company_id=1", &[1_i64][..]),
        ("actor_kind=api_key&actor_id=1", &[2, 1]),
        ("actor_kind=user", &[]),
        ("action=api_key.created", &[2, 1]),
        ("action=api_key.revoked", &[]),
        ("object_kind=api_key&object_id=3", &[2]),
        ("since=2026-01-02T04:00:00Z", &[2]),
        ("until=2026-01-02T04:00:00Z", &[1]),
        ("since=-009000-01-01T00:00:00Z&until=9999-01-01T00:00:00Z", &[2, 1]),
    ] {
        let answer = service.get(&format!("/api/v1/audit-log?{query}"), &admin).await;
        assert_eq!(ids(&answer), expected, "{query}");
    }
    let page = service.get("/api/v1/audit-log?limit=1", &admin).await.json();
    let next = page["next_cursor"].as_str().unwrap();
    let next = service.get(&format!("/api/v1/audit-log?limit=1&cursor={next}"), &admin).await;
    assert_eq!((ids(&next), next.json()["next_cursor"].is_null()), (vec![1], true));
    for field in ["action", "object_kind", "object_id"] {
        let longest = format!("/api/v1/audit-log?{field}={}", "%C3%A4".repeat(100));
        assert_eq!(service.get(&longest, &admin).await.status.as_u16(), 200, "{field}");
        let wrong = service.get(&format!("{longest}a"), &admin).await;
        assert_eq!(wrong.status.as_u16(), 422, "{field}: {}", wrong.body);
        assert_eq!(wrong.json()["errors"][0]["field"], field);
    }
    let wrong = service.get("/api/v1/audit-log?action=a%00b", &admin).await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.json()["errors"][0]["field"]),
        (422, &json!("action"))
    );
}

#[tokio::test]
async fn a_key_of_one_company_sees_what_concerns_it_alone() {
    let (service, _) = acted().await;
    let own = service.api_key("viewer", Some(1)).await;
    let other = service.api_key("admin", Some(2)).await;
    assert_eq!(ids(&service.get("/api/v1/audit-log", &own).await), [1]);
    assert_eq!(ids(&service.get("/api/v1/audit-log", &other).await), [0; 0]);
    assert_eq!(ids(&service.get("/api/v1/audit-log?company_id=1", &other).await), [0; 0]);
}

#[tokio::test]
async fn a_key_of_one_company_is_not_told_who_of_the_platform_acted() {
    let (service, _) = acted().await;
    let own = service.api_key("admin", Some(1)).await;
    let body = json!({ "name": "two", "role": "viewer" });
    service.call("POST", "/api/v1/api-keys", &own, &body).await;
    let (cookie, form) = (service.sign_in("owner").await, "name=three&role=viewer&company_id=1");
    service.submit("/admin/api-keys/new", &cookie, form).await;
    let entries = service.get("/api/v1/audit-log", &own).await.json();
    let [by_user, by_own, by_platform] = entries["items"].as_array().unwrap().as_slice() else {
        panic!("{entries}");
    };
    for (entry, kind) in [(by_user, "user"), (by_platform, "api_key")] {
        let actor = json!({ "kind": kind, "id": null, "name": "the platform" });
        assert_eq!(entry["actor"], actor);
        assert!(entry["address"].is_null() && entry["request_id"].is_null(), "{entry}");
    }
    assert_eq!(by_own["actor"], json!({ "kind": "api_key", "id": 4, "name": "test" }));
    assert!(by_own["request_id"].is_string(), "{by_own}");
}

#[tokio::test]
async fn the_page_shows_what_changed_and_filters_it() {
    let (service, _) = acted().await;
    let cookie = service.sign_in("viewer").await;
    let page = service.page("/admin/audit-log", &cookie).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    for text in ["2 entries", "api_key.created", "api key 3", "company 1", "<ins>", "viewer"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let one = "/admin/audit-log?actor=&action=&company=1&from=2026-01-02&until=2026-01-02";
    let page = service.page(one, &cookie).await;
    assert!(page.body.contains("1 entry<"), "{}", page.body);
    let page = service.page("/admin/audit-log?from=2027-01-01", &cookie).await;
    assert!(page.body.contains("Nothing fits these filters"), "{}", page.body);
    let wrong = service.page("/admin/audit-log?from=soon", &cookie).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.header("content-type")),
        (422, "text/html; charset=utf-8")
    );
}
