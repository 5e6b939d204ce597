use jiff::SignedDuration;
use serde_json::json;

use crate::support::Service;

#[tokio::test]
async fn a_key_tells_what_it_may_do_and_notes_its_use() {
    let service = Service::new().await;
    let key = service.api_key("operator", Some(2)).await;
    let answer = service.get("/api/v1/key", &key).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(
        answer.json(),
        json!({ "id": 1, "name": "test", "role": "operator", "permissions": [], "company_id": 2 })
    );
    let query = "SELECT last_used_at IS NOT NULL FROM trunkline.api_keys";
    assert!(service.client.query_one(query, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn whoever_is_not_known_is_refused_with_a_reason() {
    let service = Service::new().await;
    let revoked = service.api_key("viewer", None).await;
    service.client.execute("UPDATE trunkline.api_keys SET revoked_at = now()", &[]).await.unwrap();
    for (key, detail) in [
        ("tlk_unknown", "this key is not known, was revoked, or has expired"),
        (revoked.as_str(), "this key is not known, was revoked, or has expired"),
        ("secret", "an API key is tlk_ and 43 characters, after the word Bearer"),
    ] {
        let answer = service.get("/api/v1/key", key).await;
        assert_eq!(answer.status.as_u16(), 401);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["detail"], detail);
    }
    let answer = service.page("/api/v1/key", "").await;
    assert_eq!(answer.json()["detail"], "say who you are: Authorization: Bearer tlk_…");
}

#[tokio::test]
async fn an_expired_key_lets_nobody_in() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    let end = service.clock.now() + SignedDuration::from_secs(60);
    service.client.execute("UPDATE trunkline.api_keys SET expires_at = $1", &[&end]).await.unwrap();
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 200);
    service.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 401);
}
