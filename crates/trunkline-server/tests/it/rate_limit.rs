use jiff::SignedDuration;

use crate::support::Service;

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let service = Service::new().await;
    let (busy, other) =
        (service.api_key("viewer", None).await, service.api_key("viewer", None).await);
    let first = service.get("/api/v1/key", &busy).await;
    assert_eq!(first.header("ratelimit-limit"), "600");
    assert_eq!(first.header("ratelimit-remaining"), "599");
    assert_eq!(first.header("ratelimit-reset"), "1");
    for _ in 0..599 {
        assert_eq!(service.get("/api/v1/key", &busy).await.status.as_u16(), 200);
    }
    let refused = service.get("/api/v1/key", &busy).await;
    assert_eq!(refused.status.as_u16(), 429);
    assert_eq!(refused.json()["type"], "/problems/too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(
        (refused.header("ratelimit-remaining"), refused.header("ratelimit-reset")),
        ("0", "60")
    );
    assert_eq!(service.get("/api/v1/key", &other).await.status.as_u16(), 200);
    service.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(service.get("/api/v1/key", &busy).await.header("ratelimit-remaining"), "9");
}
