//! A key of one company sees its company and nothing else: every operation of the OpenAPI document is
//! tried with the key of another one, so that none is added that nobody thought of.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::reads::fill;
use crate::support::{Answer, Service};

/// What stands in everything that belongs to company 1, and in nothing else.
const MARK: &str = "Alpha";

/// How to ask an operation for what belongs to company 1, where that is not told by its path alone.
/// An operation with `{id}` stands here unless it is for keys of the platform alone.
fn attempts(operation: &str) -> Vec<(String, Value)> {
    let to = |paths: &[&str], body: Value| {
        paths.iter().map(|path| ((*path).to_owned(), body.clone())).collect()
    };
    match operation {
        "GET /api/v1/companies/{id}" => to(&["/api/v1/companies/1"], Value::Null),
        "GET /api/v1/clients/{id}" => to(
            &["/api/v1/clients/360dialog-1", "/api/v1/clients/meta-1", "/api/v1/clients/twilio-1"],
            Value::Null,
        ),
        "GET /api/v1/channels/{id}" => to(
            &[
                "/api/v1/channels/360dialog-1",
                "/api/v1/channels/meta-1",
                "/api/v1/channels/twilio-1",
            ],
            Value::Null,
        ),
        "GET /api/v1/channels/{id}/history" => {
            to(&["/api/v1/channels/meta-1/history"], Value::Null)
        }
        "GET /api/v1/channels/{id}/provider-calls" => {
            to(&["/api/v1/channels/meta-1/provider-calls"], Value::Null)
        }
        "GET /api/v1/channels/{id}/events" => to(&["/api/v1/channels/meta-1/events"], Value::Null),
        "GET /api/v1/channels/{id}/provider/{path}"
        | "POST /api/v1/channels/{id}/provider/{path}"
        | "DELETE /api/v1/channels/{id}/provider/{path}" => {
            to(&["/api/v1/channels/meta-1/provider/number/messages"], json!({}))
        }
        "GET /api/v1/channels/{id}/media/{media_id}" => {
            to(&["/api/v1/channels/meta-1/media/3003"], Value::Null)
        }
        "GET /api/v1/channels/{id}/credentials" => {
            to(&["/api/v1/channels/meta-1/credentials"], Value::Null)
        }
        "POST /api/v1/channels/{id}/request-code" => {
            to(&["/api/v1/channels/meta-1/request-code"], json!({}))
        }
        "POST /api/v1/channels/{id}/verify-code" => {
            to(&["/api/v1/channels/meta-1/verify-code"], json!({ "code": "123456" }))
        }
        "POST /api/v1/channels/{id}/register" => {
            to(&["/api/v1/channels/meta-1/register"], json!({ "pin": "012345" }))
        }
        "POST /api/v1/channels/{id}/deregister" => {
            to(&["/api/v1/channels/meta-1/deregister"], Value::Null)
        }
        "POST /api/v1/channels/{id}/rotate-api-key" => {
            to(&["/api/v1/channels/360dialog-1/rotate-api-key"], Value::Null)
        }
        "POST /api/v1/channels/{id}/subscribe-webhooks" => {
            to(&["/api/v1/channels/meta-1/subscribe-webhooks"], Value::Null)
        }
        "POST /api/v1/provider-calls/{id}/settle" => {
            to(&["/api/v1/provider-calls/1/settle"], json!({ "state": "done", "note": "taken" }))
        }
        "GET /api/v1/alerts/{id}" => to(&["/api/v1/alerts/1"], Value::Null),
        "POST /api/v1/alerts/{id}/acknowledge" => {
            to(&["/api/v1/alerts/1/acknowledge"], Value::Null)
        }
        "POST /api/v1/alerts/{id}/resolve" => to(&["/api/v1/alerts/1/resolve"], Value::Null),
        "POST /api/v1/alert-destinations" => to(
            &["/api/v1/alert-destinations"],
            json!({ "name": "taken", "kind": "webhook", "url": "https://example.com/" }),
        ),
        "POST /api/v1/syncs" => to(&["/api/v1/syncs"], json!({ "partner_account_id": 1 })),
        "POST /api/v1/webhooks/replay" => to(
            &["/api/v1/webhooks/replay"],
            json!({ "since": "2026-01-01T00:00:00Z", "until": "2026-01-03T00:00:00Z" }),
        ),
        "POST /api/v1/import/tasks" => to(&["/api/v1/import/tasks"], json!({ "kind": "plan" })),
        "PUT /api/v1/import/conflicts/{row}/decision" => {
            to(&["/api/v1/import/conflicts/1/decision"], json!({ "choice": "leave_out" }))
        }
        "DELETE /api/v1/import/conflicts/{row}/decision" => {
            to(&["/api/v1/import/conflicts/1/decision"], Value::Null)
        }
        "GET /api/v1/api-keys/{id}" | "DELETE /api/v1/api-keys/{id}" => {
            to(&["/api/v1/api-keys/1"], Value::Null)
        }
        "PATCH /api/v1/api-keys/{id}" => to(&["/api/v1/api-keys/1"], json!({ "name": "taken" })),
        "POST /api/v1/api-keys" => {
            to(&["/api/v1/api-keys"], json!({ "name": "taken", "role": "viewer", "company_id": 1 }))
        }
        _ => Vec::new(),
    }
}

/// What tells everybody the same, or only of the key that asks.
const OF_NOBODY: [&str; 2] = ["GET /api/v1/key", "GET /api/v1/providers/status"];

/// What needs a provider, or a permission, even of its own company; `pass_through` has its own company's.
const OF_PROVIDERS: [&str; 3] = [
    "GET /api/v1/channels/{id}/provider/{path}",
    "GET /api/v1/channels/{id}/media/{media_id}",
    "GET /api/v1/channels/{id}/credentials",
];

async fn call(service: &Service, method: &str, path: &str, key: &str, body: &Value) -> Answer {
    if method == "GET" {
        return service.get(path, key).await;
    }
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("if-match", "*");
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn operations() -> Vec<(String, String, Value)> {
    let document = serde_json::to_value(trunkline_server::api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let methods = |(path, item): (String, Value)| {
        let item = item.as_object().unwrap().clone();
        let methods = item.into_iter().filter(|(_, operation)| operation["responses"].is_object());
        methods
            .map(|(method, operation)| (method.to_uppercase(), path.clone(), operation))
            .collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(methods).collect()
}

#[tokio::test]
async fn no_operation_shows_or_changes_what_belongs_to_another_company() {
    let service = Service::new().await;
    let owner = service.api_key("admin", Some(1)).await;
    service.client.execute("UPDATE trunkline.api_keys SET name = 'Alpha'", &[]).await.unwrap();
    let (other, platform) =
        (service.api_key("admin", Some(2)).await, service.api_key("admin", None).await);
    let everything = ["provider:send", "provider:read", "credentials:read"];
    service.permit(&other, &everything).await;
    fill(&service).await;

    let mut faults = Vec::new();
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        if OF_NOBODY.contains(&name.as_str()) {
            continue;
        }
        let wanted = attempts(&name);
        if wanted.is_empty() {
            let concrete = path.replace("{id}", "1");
            let answer = call(&service, &method, &concrete, &other, &json!({})).await;
            if answer.status.as_u16() == 403 {
                continue;
            }
            if method != "GET" || path.contains('{') {
                faults.push(format!("{name}: say in attempts() what of company 1 it could reach"));
                continue;
            }
            faults.extend(list_faults(&service, &path, &operation, &other, &platform).await);
        }
        for (path, body) in wanted {
            let answer = call(&service, &method, &path, &other, &body).await;
            let is_hidden = match answer.status.as_u16() {
                404 => true,
                403 => !path.ends_with(char::is_numeric),
                _ => false,
            };
            if !is_hidden || answer.body.contains(MARK) {
                faults.push(format!("{method} {path}: {} {}", answer.status, answer.body));
            }
            if method == "GET" && !OF_PROVIDERS.contains(&name.as_str()) {
                let answer = service.get(&path, &owner).await;
                if answer.status.as_u16() != 200 {
                    faults.push(format!("{path}: its own company gets {}", answer.status));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let query =
        "SELECT count(*) FROM trunkline.api_keys WHERE name = 'Alpha' AND revoked_at IS NULL";
    assert_eq!(service.client.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 1);
}

/// A list of which the platform sees what belongs to company 1, and company 2 does not, ask it as it may.
async fn list_faults(
    service: &Service,
    path: &str,
    operation: &Value,
    other: &str,
    platform: &str,
) -> Vec<String> {
    let mut faults = Vec::new();
    if !service.get(path, platform).await.body.contains(MARK) {
        faults.push(format!("GET {path}: fill() makes nothing of company 1 that it would show"));
    }
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
    let mut paths = vec![path.to_owned()];
    for (parameter, value) in
        [("company_id", "1"), ("client_id", "meta-1"), ("phone_number", "491510000001")]
    {
        if takes(parameter) {
            paths.push(format!("{path}?{parameter}={value}"));
        }
    }
    for path in paths {
        let answer = service.get(&path, other).await;
        let shows = answer.body.contains(MARK) || answer.body.contains("\"company_id\":1,");
        if answer.status.as_u16() != 200 || shows {
            faults.push(format!("GET {path}: {} {}", answer.status, answer.body));
        }
    }
    faults
}
