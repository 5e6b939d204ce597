use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Service};

async fn edit(service: &Service, id: i64, key: &str, etag: &str, body: &Value) -> Answer {
    let request = Request::patch(format!("/api/v1/api-keys/{id}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("if-match", etag);
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn audit(service: &Service) -> Vec<(String, String, Option<i32>)> {
    let query = "SELECT action, object_id, company_id FROM trunkline.audit_log ORDER BY id";
    let rows = service.client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn a_key_is_made_used_renamed_and_revoked_and_each_act_is_written_down() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let body = json!({
        "name": "billing", "role": "operator", "company_id": 2, "expires_at": "2026-06-01T00:00:00Z"
    });
    let made = service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    assert_eq!(made.header("location"), "/api/v1/api-keys/2");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["hint"], key[..8]);

    let own = service.get("/api/v1/key", &key).await.json();
    let expected = json!({
        "id": 2, "name": "billing", "role": "operator", "permissions": [], "company_id": 2
    });
    assert_eq!(own, expected);

    let shown = service.get("/api/v1/api-keys/2", &admin).await;
    assert!(!shown.body.contains(&key[8..]), "{}", shown.body);
    let renamed =
        edit(&service, 2, &admin, shown.header("etag"), &json!({ "name": "books" })).await;
    assert_eq!((renamed.status.as_u16(), &renamed.json()["name"]), (200, &json!("books")));
    let stale = edit(&service, 2, &admin, shown.header("etag"), &json!({ "name": "late" })).await;
    assert_eq!((stale.status.as_u16(), &stale.json()["type"]), (412, &json!("/problems/stale")));
    let blind =
        service.call("PATCH", "/api/v1/api-keys/2", &admin, &json!({ "name": "late" })).await;
    assert_eq!(blind.json()["type"], "/problems/version-required");

    for _ in 0..2 {
        let gone = service.call("DELETE", "/api/v1/api-keys/2", &admin, &Value::Null).await;
        assert_eq!(gone.status.as_u16(), 204);
    }
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 401);
    let written = audit(&service).await;
    let act = |word: &str| (format!("api_key.{word}"), "2".to_owned(), Some(2));
    assert_eq!(written, [act("created"), act("renamed"), act("revoked")]);
    let secrets = "SELECT count(*) FROM trunkline.audit_log WHERE audit_log::TEXT LIKE $1";
    let found = service.client.query_one(secrets, &[&format!("%{}%", &key[8..])]).await.unwrap();
    assert_eq!(found.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_key_makes_none_that_sees_more_than_itself() {
    let service = Service::new().await;
    let admin = service.api_key("admin", Some(1)).await;
    let make = async |body: Value| service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    let own = make(json!({ "name": "own", "role": "admin" })).await;
    assert_eq!(own.json()["company_id"], 1);
    let other = make(json!({ "name": "other", "role": "viewer", "company_id": 2 })).await;
    assert_eq!(other.json()["type"], "/problems/forbidden");
    let owner = make(json!({ "name": "owner", "role": "owner" })).await;
    assert_eq!(owner.status.as_u16(), 422);
    assert_eq!(owner.json()["errors"][0]["field"], "role");
    let operator = service.api_key("operator", None).await;
    let body = json!({ "name": "viewer", "role": "viewer" });
    let refused = service.call("POST", "/api/v1/api-keys", &operator, &body).await;
    assert_eq!(refused.status.as_u16(), 403);
}

#[tokio::test]
async fn a_key_gives_nothing_that_it_has_not_and_nothing_beyond_its_own_end() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let ends = "UPDATE trunkline.api_keys SET expires_at = '2026-02-01T00:00:00Z'";
    service.client.execute(ends, &[]).await.unwrap();
    service.permit(&admin, &["provider:read"]).await;
    for (end, permission, field) in [
        (json!(null), "provider:read", "expires_at"),
        (json!("2026-02-01T00:00:01Z"), "provider:read", "expires_at"),
        (json!("2026-02-01T00:00:00Z"), "provider:send", "permissions"),
        (json!("2026-02-01T00:00:00Z"), "GET {number}/block_users", "permissions"),
    ] {
        let body = json!({ "name": "child", "role": "admin", "expires_at": end, "permissions": [permission] });
        let refused = service.call("POST", "/api/v1/api-keys", &admin, &body).await;
        assert_eq!(refused.status.as_u16(), 422, "{body}: {}", refused.body);
        assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.body);
    }
    let body = json!({
        "name": "child", "role": "admin", "expires_at": "2026-02-01T00:00:00Z", "permissions": ["provider:read"]
    });
    let made = service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);

    // Neither to itself, nor to one that goes on after it.
    let send = json!({ "permissions": ["provider:read", "provider:send"] });
    let refused = edit(&service, 1, &admin, "*", &send).await;
    assert_eq!(refused.json()["errors"][0]["field"], "permissions", "{}", refused.body);
    let lasting = service.api_key("viewer", None).await;
    service.permit(&lasting, &["provider:send"]).await;
    let refused = edit(&service, 3, &admin, "*", &send).await;
    assert_eq!(refused.json()["errors"][0]["field"], "permissions", "{}", refused.body);
    let less = edit(&service, 3, &admin, "*", &json!({ "permissions": ["provider:send"] })).await;
    assert_eq!(less.status.as_u16(), 200, "what it has stays: {}", less.body);
}

#[tokio::test]
async fn use_of_a_key_makes_no_edit_of_it_stale() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let other = service.api_key("viewer", None).await;
    let shown = service.get("/api/v1/api-keys/2", &admin).await;
    service.get("/api/v1/key", &other).await;
    let used = service.get("/api/v1/api-keys/2", &admin).await;
    assert!(shown.json()["last_used_at"].is_null() && !used.json()["last_used_at"].is_null());
    assert_ne!(shown.header("etag"), used.header("etag"), "it is to be seen");
    let renamed = edit(&service, 2, &admin, shown.header("etag"), &json!({ "name": "b" })).await;
    assert_eq!(renamed.status.as_u16(), 200, "{}", renamed.body);
    let stale = edit(&service, 2, &admin, used.header("etag"), &json!({ "name": "c" })).await;
    assert_eq!(stale.status.as_u16(), 412);
}

#[tokio::test]
async fn a_key_of_one_company_sees_and_touches_its_own_keys_alone() {
    let service = Service::new().await;
    let admin = service.api_key("admin", Some(1)).await;
    service.api_key("viewer", Some(2)).await;
    service.api_key("viewer", None).await;
    let ids = |answer: Answer| -> Vec<i64> {
        let answer = answer.json();
        answer["items"].as_array().unwrap().iter().map(|key| key["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(service.get("/api/v1/api-keys", &admin).await), [1]);
    assert_eq!(ids(service.get("/api/v1/api-keys?company_id=2", &admin).await), [0; 0]);
    for id in [2, 3, 4] {
        let path = format!("/api/v1/api-keys/{id}");
        assert_eq!(service.get(&path, &admin).await.status.as_u16(), 404);
        let gone = service.call("DELETE", &path, &admin, &Value::Null).await;
        assert_eq!(gone.status.as_u16(), 404);
        let edited = edit(&service, id, &admin, "*", &json!({ "name": "mine" })).await;
        assert_eq!(edited.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn keys_come_in_pages_in_the_order_that_is_asked_for() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    for name in ["b", "a", "c", "a"] {
        let body = json!({ "name": name, "role": "viewer" });
        service.call("POST", "/api/v1/api-keys", &admin, &body).await;
    }
    for (sort, expected) in [
        ("created_at", "test b a c a"),
        ("-created_at", "a c a b test"),
        ("name", "a a b c test"),
        ("-name", "test c b a a"),
    ] {
        let mut next = Some(format!("/api/v1/api-keys?sort={sort}&limit=2"));
        let mut names = Vec::new();
        while let Some(path) = next {
            let page = service.get(&path, &admin).await;
            for key in page.json()["items"].as_array().unwrap() {
                names.push(key["name"].as_str().unwrap().to_owned());
            }
            let link = page.header("link").to_owned();
            assert_eq!(page.json()["next_cursor"].is_null(), link.is_empty());
            next = link.strip_suffix(">; rel=\"next\"").map(|link| link[1..].to_owned());
        }
        assert_eq!(names.join(" "), expected, "{sort}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let cursor = service.get("/api/v1/api-keys?limit=1&sort=name", &admin).await;
    assert!(cursor.json()["next_cursor"].is_null());
    service.api_key("viewer", None).await;
    let page = service.get("/api/v1/api-keys?limit=1&sort=name", &admin).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let altered = format!("{}A", &cursor[..cursor.len() - 1]);
    for (query, field) in [
        ("limit=0".to_owned(), "limit"),
        ("limit=201".to_owned(), "limit"),
        ("limit=many".to_owned(), "limit"),
        ("sort=hint".to_owned(), "sort"),
        ("role=king".to_owned(), "role"),
        ("state=lost".to_owned(), "state"),
        ("company_id=99999999999".to_owned(), "company_id"),
        ("cursor=".to_owned(), "cursor"),
        ("cursor=AAAA".to_owned(), "cursor"),
        (format!("cursor={altered}&sort=name"), "cursor"),
        (format!("cursor={cursor}&sort=-name"), "cursor"),
    ] {
        let answer = service.get(&format!("/api/v1/api-keys?{query}"), &admin).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{query}: {}", answer.body);
    }
    let unknown = service.get("/api/v1/api-keys?page=2", &admin).await;
    assert_eq!(unknown.json()["errors"][0]["field"], "page", "{}", unknown.body);
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused_by_naming_the_field() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    for (body, fields) in [
        (json!({ "name": " ", "role": "viewer" }), "name"),
        (json!({ "name": "a\u{0}b", "role": "viewer" }), "name"),
        (json!({ "name": "x".repeat(101), "role": "viewer" }), "name"),
        (json!({ "name": "a", "role": "viewer", "company_id": 77 }), "company_id"),
        (
            json!({ "name": "a", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z" }),
            "expires_at",
        ),
        (json!({ "name": "a", "role": "viewer", "expires_at": "soon" }), "expires_at"),
        (json!({ "name": "a", "role": "viewer", "colour": "red" }), "colour"),
        (json!({ "name": "\n", "role": "owner" }), "name name role"),
    ] {
        let answer = service.call("POST", "/api/v1/api-keys", &admin, &body).await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.body);
        let named: Vec<String> = answer.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(named.join(" "), fields, "{}", answer.body);
    }
    let count = "SELECT count(*) FROM trunkline.api_keys";
    assert_eq!(service.client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let shown = service.get("/api/v1/api-keys/1", &admin).await;
    let request = Request::get("/api/v1/api-keys/1")
        .header("authorization", format!("Bearer {admin}"))
        .header("if-none-match", shown.header("etag"));
    let again = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
    assert_eq!(service.get("/api/v1/api-keys/one", &admin).await.status.as_u16(), 404);
}
