use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Answer, Service};

const PATH: &str = "/api/v1/api-keys";

async fn post(service: &Service, api_key: &str, key: &str, body: &Value) -> Answer {
    let request = Request::post(PATH)
        .header("authorization", format!("Bearer {api_key}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn keys(service: &Service) -> i64 {
    let query = "SELECT count(*) FROM trunkline.api_keys WHERE name = 'once'";
    service.client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_request_sent_again_is_done_once_and_answered_the_same() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let body = json!({ "name": "once", "role": "viewer" });
    let first = post(&service, &admin, "one", &body).await;
    let again = post(&service, &admin, "one", &body).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.body, again.body);
    for header in ["content-type", "location"] {
        assert_eq!(first.header(header), again.header(header));
    }
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        ("", "true")
    );
    assert_eq!(keys(&service).await, 1);

    let secret = first.json()["key"].as_str().unwrap().to_owned();
    let kept = "SELECT encode(body, 'escape') FROM trunkline.idempotency_keys";
    let kept: String = service.client.query_one(kept, &[]).await.unwrap().get(0);
    assert!(kept.starts_with("tlk1.") && !kept.contains(&secret), "{kept}");
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let body = json!({ "name": "once", "role": "viewer" });
    post(&service, &admin, "one", &body).await;
    let other = post(&service, &admin, "one", &json!({ "name": "once", "role": "operator" })).await;
    assert_eq!(other.status.as_u16(), 422);
    assert_eq!(other.json()["type"], "/problems/idempotency-key-reused");
    let another = service.api_key("admin", None).await;
    assert_eq!(post(&service, &another, "one", &body).await.status.as_u16(), 201, "keys apart");
    assert_eq!(keys(&service).await, 2);
}

#[tokio::test]
async fn the_same_request_at_the_same_time_is_told_to_come_back() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    // What the transaction of the first request must wait for.
    service.client.batch_execute("BEGIN; LOCK TABLE trunkline.audit_log").await.unwrap();
    let body = json!({ "name": "once", "role": "viewer" });
    let (first, second) = tokio::join!(post(&service, &admin, "one", &body), async {
        loop {
            let claimed = "SELECT 1 FROM trunkline.idempotency_keys";
            if !service.client.query(claimed, &[]).await.unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let second = post(&service, &admin, "one", &body).await;
        service.client.batch_execute("COMMIT").await.unwrap();
        second
    });
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 409));
    assert_eq!(second.header("retry-after"), "1");
    assert_eq!(keys(&service).await, 1);
}

#[tokio::test]
async fn a_client_that_hangs_up_finds_its_answer_when_it_comes_back() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    service.client.batch_execute("BEGIN; LOCK TABLE trunkline.audit_log").await.unwrap();
    let body = json!({ "name": "once", "role": "viewer" });
    let patience = std::time::Duration::from_millis(500);
    let lost = tokio::time::timeout(patience, post(&service, &admin, "one", &body)).await;
    assert!(lost.is_err());
    service.client.batch_execute("COMMIT").await.unwrap();
    let answer = loop {
        let answer = post(&service, &admin, "one", &body).await;
        if answer.status.as_u16() != 409 {
            break answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert_eq!((answer.status.as_u16(), answer.header("idempotent-replayed")), (201, "true"));
    assert_eq!(keys(&service).await, 1);
}

#[tokio::test]
async fn refusals_are_kept_failures_are_not() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let wrong = json!({ "name": " ", "role": "viewer" });
    post(&service, &admin, "wrong", &wrong).await;
    let again = post(&service, &admin, "wrong", &wrong).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (422, "true"));

    let body = json!({ "name": "once", "role": "viewer" });
    let rename = |from: &str, to: &str| format!("ALTER TABLE trunkline.{from} RENAME TO {to}");
    service.client.batch_execute(&rename("audit_log", "away")).await.unwrap();
    assert_eq!(post(&service, &admin, "two", &body).await.status.as_u16(), 500);
    service.client.batch_execute(&rename("away", "audit_log")).await.unwrap();
    assert_eq!(keys(&service).await, 0, "it was rolled back");
    assert_eq!(post(&service, &admin, "two", &body).await.status.as_u16(), 201);
}

#[tokio::test]
async fn after_a_day_a_key_is_new_again_also_one_whose_outcome_nobody_knows() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let body = json!({ "name": "once", "role": "viewer" });
    post(&service, &admin, "one", &body).await;
    service.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(post(&service, &admin, "one", &body).await.header("idempotent-replayed"), "");
    assert_eq!(keys(&service).await, 2);

    let dead = "UPDATE trunkline.idempotency_keys SET status = NULL, body = NULL";
    service.client.execute(dead, &[]).await.unwrap();
    assert_eq!(post(&service, &admin, "one", &body).await.status.as_u16(), 409);
    service.clock.advance(SignedDuration::from_mins(1));
    let unknown = post(&service, &admin, "one", &body).await;
    assert_eq!(unknown.status.as_u16(), 409);
    assert_eq!(unknown.json()["type"], "/problems/outcome-unknown");
    assert_eq!(keys(&service).await, 2, "it may have been done");
    service.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(post(&service, &admin, "one", &body).await.status.as_u16(), 201);
}

#[tokio::test]
async fn a_connection_that_is_lost_at_commit_does_nothing_twice() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    // The server goes away at COMMIT, where the client cannot tell whether it was done.
    let lost = "
        CREATE FUNCTION lose() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON trunkline.api_keys DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION lose()";
    service.client.batch_execute(lost).await.unwrap();
    let body = json!({ "name": "once", "role": "viewer" });
    assert_eq!(post(&service, &admin, "one", &body).await.status.as_u16(), 503);
    service.client.batch_execute("DROP TRIGGER lost ON trunkline.api_keys").await.unwrap();
    let unknown = post(&service, &admin, "one", &body).await;
    assert_eq!(unknown.status.as_u16(), 409);
    assert_eq!(unknown.json()["type"], "/problems/outcome-unknown", "{}", unknown.body);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    for key in ["", "a b", "a\tb", "\u{e4}", &"x".repeat(256)] {
        let answer = post(&service, &admin, key, &json!({})).await;
        assert_eq!(answer.status.as_u16(), 422);
        assert_eq!(answer.json()["errors"][0]["field"], "Idempotency-Key");
    }
}
