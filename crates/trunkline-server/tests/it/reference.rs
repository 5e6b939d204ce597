use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use trunkline_server::{Kind, api};

use crate::support::Service;

fn document() -> Value {
    serde_json::from_str(&api::document_text()).unwrap()
}

/// Method, path and operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some("get" | "post" | "put" | "patch" | "delete") = Some(method.as_str()) {
                operations.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let is_stale = committed != api::document_text();
    assert!(!is_stale, "write it anew: cargo run -- openapi --output docs/openapi.json");
}

#[test]
fn every_operation_says_what_it_does_and_what_may_go_wrong() {
    let document = document();
    let mut ids = Vec::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        for field in ["operationId", "summary"] {
            assert!(operation[field].is_string(), "{what} has no {field}");
        }
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        let documents = |status: &str| {
            assert!(
                operation["responses"][status].is_object(),
                "{what} does not document {status}"
            );
        };
        ["401", "403", "429", "500", "503"].into_iter().for_each(documents);
        if path.contains('{') {
            documents("404");
        }
        if operation["requestBody"].is_object() {
            ["400", "408", "413", "415", "422"].into_iter().for_each(documents);
        }
        let names: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|p| &p["name"]).collect();
        match method.as_str() {
            // Answers of providers are not kept.
            "POST" if path.contains("/provider/") => {
                assert!(!names.contains(&&Value::from("Idempotency-Key")), "{what}");
                ["409", "422"].into_iter().for_each(documents);
            }
            "POST" => {
                assert!(names.contains(&&Value::from("Idempotency-Key")), "{what}");
                ["409", "422"].into_iter().for_each(documents);
            }
            _ if names.contains(&&Value::from("If-Match")) => {
                ["412", "428"].into_iter().for_each(documents);
            }
            _ => (),
        }
    }
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn no_operation_answers_without_a_key() {
    let service = Service::new().await;
    for (method, path, _) in operations(&document()) {
        let request = Request::builder().method(method.as_str()).uri(path.replace(['{', '}'], ""));
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
    }
}

#[tokio::test]
async fn the_reference_has_an_anchor_for_every_operation_and_needs_nothing_from_elsewhere() {
    let service = Service::new().await;
    let page = service.page("/docs", "").await;
    assert_eq!(page.status.as_u16(), 200);
    for (_, path, operation) in operations(&document()) {
        let id = operation["operationId"].as_str().unwrap();
        let anchor = format!("<div id=\"{id}\">");
        assert!(page.body.contains(&anchor), "{anchor}");
        assert!(page.body.contains(&format!("href=\"/docs#{id}\"")), "{id} is in the menu");
        assert!(page.body.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for text in ["<script>", "style=\"", "https://", "$ref"] {
        assert!(!page.body.contains(text), "{text}");
    }
    for text in [
        "one of admin, operator, viewer",
        "items[].company_id",
        "integer, 1 to 200, 50 if not given",
    ] {
        let text = text.replace("one of admin, operator, viewer", "one of viewer, operator, admin");
        assert!(page.body.contains(&text), "{text}");
    }
    let served = service.page("/api/v1/openapi.json", "").await;
    assert_eq!(served.json(), document());
}

#[tokio::test]
async fn every_type_of_a_problem_leads_to_its_explanation() {
    let service = Service::new().await;
    let list = service.page("/problems", "").await;
    for kind in Kind::ALL {
        let (slug, status, title) = kind.describe();
        let page = service.page(&format!("/problems/{slug}"), "").await;
        assert_eq!(page.status.as_u16(), 200, "{slug}");
        for text in [title, &format!("<dd>{}</dd>", status.as_u16())] {
            assert!(page.body.contains(text), "{slug}: {text}");
        }
        assert!(list.body.contains(&format!("href=\"/problems/{slug}\"")), "{slug}");
    }
    assert_eq!(service.page("/problems/nothing", "").await.status.as_u16(), 404);
}
