use axum::body::Body;
use axum::http::Request;

use crate::support::Service;

#[tokio::test]
async fn every_answer_carries_an_id_and_the_headers_that_protect_browsers() {
    let service = Service::new().await;
    let answer = service.page("/nowhere", "").await;
    assert_eq!(answer.status.as_u16(), 404);
    assert_eq!(answer.json()["type"], "/problems/not-found");
    assert_eq!(answer.header("x-request-id").len(), 22);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));

    let request = Request::get("/health/live").header("x-request-id", "their-id.42");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("x-request-id"), "their-id.42");
    let request = Request::get("/health/live").header("x-request-id", "with spaces and <script>");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("x-request-id").len(), 22);
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_document() {
    let service = Service::new().await;
    let answer = service.send(Request::delete("/api/v1/key").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(answer.json()["type"], "/problems/method-not-allowed");
}

#[tokio::test]
async fn nobody_sees_a_page_of_administration_without_signing_in() {
    let service = Service::new().await;
    let answer = service.page("/admin", "").await;
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(answer.header("location"), "/admin/sign%2Din?then=%2Fadmin".replace("%2D", "-"));
    let cookie = service.sign_in("viewer").await;
    let answer = service.page("/admin", &cookie).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.body.contains("<h1>Overview</h1>"), "{}", answer.body);
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_post() {
    let service = Service::new().await;
    let cookie = service.sign_in("owner").await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = Request::post("/admin/theme").header("cookie", &cookie).header(header, value);
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 403, "{header}: {value}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_503_and_the_next_request_works_again() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 200);
    let end = "SELECT pg_terminate_backend(pid, 5000)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    service.client.query(end, &[]).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(service.get("/api/v1/key", &key).await.status.as_u16());
    }
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    assert_eq!(answers.last(), Some(&200), "{answers:?}");
}

#[tokio::test]
async fn a_chosen_theme_is_kept_and_leads_back_to_the_page() {
    let service = Service::new().await;
    for (referer, back) in [
        ("http://127.0.0.1:8640/admin/users?page=2", "/admin/users?page=2"),
        ("http://127.0.0.1:8640//evil.example", "/admin"),
        ("https://evil.example/admin", "/admin"),
    ] {
        let request = Request::post("/admin/theme")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("referer", referer);
        let answer = service.send(request.body(Body::from("theme=dark")).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, back));
        assert!(answer.header("set-cookie").starts_with("trunkline_theme=dark;"));
    }
    let cookie = format!("{}; trunkline_theme=dark", service.sign_in("viewer").await);
    let page = service.page("/admin", &cookie).await;
    assert!(page.body.contains(r#"<html lang="en" data-theme="dark">"#), "{}", page.body);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_told_to_people_as_a_page() {
    let service = Service::new().await;
    let answer = service.page("/admin/nowhere", "").await;
    assert_eq!(answer.status.as_u16(), 404);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.body.contains("<p>There is no such page.</p>"), "{}", answer.body);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_or_a_query_names_the_field_in_words_of_ours() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let post = async |path: &str, content_type: &str, encoding: &str, body: &str| {
        let request = Request::post(format!("/api/v1/{path}"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", content_type)
            .header("content-encoding", encoding);
        let answer = service.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let problem = answer.json();
        let error = &problem["errors"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        (answer.status.as_u16(), text(&error["field"]), text(&error["message"]))
    };
    let json = "application/json";
    let told = |status, field: &str, message: &str| (status, field.to_owned(), message.to_owned());
    for (path, body, expected) in [
        ("api-keys", "{}", told(422, "name", "it is missing")),
        ("api-keys", r#"{"name":"x"}"#, told(422, "role", "it is missing")),
        ("api-keys", r#"{"name":"x","name":"y"}"#, told(422, "name", "it is given twice")),
        ("api-keys", r#"["x","viewer",[],null,null]"#, told(400, "", "")),
        ("api-keys", "[]", told(400, "", "")),
        (
            "api-keys",
            r#"{"name":"x","role":"viewer","company_id":"7"}"#,
            told(422, "company_id", "invalid type: string \"7\", expected a whole number"),
        ),
        (
            "api-keys",
            r#"{"name":"x","role":"viewer","expires_at":"tomorrow"}"#,
            told(422, "expires_at", "it must be a time with its offset, as 2026-01-31T09:30:00Z"),
        ),
        ("webhooks/replay", "{}", told(422, "since", "it is missing")),
    ] {
        assert_eq!(post(path, json, "identity", body).await, expected, "{path} {body}");
    }
    let body = r#"{"name":"x","role":"viewer"}"#;
    assert_eq!(post("api-keys", json, "gzip", body).await.0, 415);
    assert_eq!(post("api-keys", "application/json; charset=utf-16", "", body).await.0, 415);
    assert_eq!(post("api-keys", "application/json; charset=UTF-8", "", body).await.0, 201);

    let query = async |query: &str| {
        let answer = service.get(&format!("/api/v1/channels?{query}"), &key).await;
        let error = answer.json()["errors"][0].clone();
        (answer.status.as_u16(), error["field"].clone(), error["message"].clone())
    };
    let (status, field, message) = query("limit=1&limit=2").await;
    assert_eq!(
        (status, field.as_str(), message.as_str()),
        (422, Some("limit"), Some("it is given twice"))
    );
    let (status, field, message) = query("updated_since=x").await;
    assert_eq!((status, field.as_str()), (422, Some("updated_since")));
    assert!(message.as_str().unwrap().contains("2026-01-31T09:30:00Z"), "{message}");
}
