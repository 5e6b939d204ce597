//! Keys and sessions are known for a moment: what ends them ends it, here at once, elsewhere soon.

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::Service;

async fn asks(service: &Service, key: &str) -> u16 {
    service.get("/api/v1/key", key).await.status.as_u16()
}

#[tokio::test]
async fn a_key_that_this_process_revokes_is_refused_at_once() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let key = service.api_key("viewer", None).await;
    assert_eq!(asks(&service, &key).await, 200);
    service.call("DELETE", "/api/v1/api-keys/2", &admin, &Value::Null).await;
    assert_eq!(asks(&service, &key).await, 401);
}

#[tokio::test]
async fn a_key_that_another_process_revokes_is_refused_after_three_seconds() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    assert_eq!(asks(&service, &key).await, 200);
    service.client.execute("UPDATE trunkline.api_keys SET revoked_at = now()", &[]).await.unwrap();
    service.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(asks(&service, &key).await, 200);
    service.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(asks(&service, &key).await, 401);
}

#[tokio::test]
async fn a_key_that_expires_is_refused_at_that_moment() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    let end = service.clock.now() + SignedDuration::from_secs(1);
    service.client.execute("UPDATE trunkline.api_keys SET expires_at = $1", &[&end]).await.unwrap();
    assert_eq!(asks(&service, &key).await, 200);
    service.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(asks(&service, &key).await, 401);
}

#[tokio::test]
async fn a_session_that_ends_here_is_refused_at_once_and_elsewhere_after_three_seconds() {
    let service = Service::new().await;
    let mut cookie = service.sign_in("owner").await;
    assert_eq!(service.page("/admin", &cookie).await.status.as_u16(), 200);
    service.submit("/admin/sign-out", &cookie, "").await;
    assert_eq!(service.page("/admin", &cookie).await.status.as_u16(), 303);
    cookie = service.sign_in("owner").await;
    assert_eq!(service.page("/admin", &cookie).await.status.as_u16(), 200);
    service.client.execute("DELETE FROM trunkline.sessions", &[]).await.unwrap();
    service.clock.advance(SignedDuration::from_secs(3));
    assert_eq!(service.page("/admin", &cookie).await.status.as_u16(), 303);
}
