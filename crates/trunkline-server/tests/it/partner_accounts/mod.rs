//! Partner accounts, by the REST API and by the pages.

mod bad_input;
mod check;
mod defaults;
mod edits;
mod logo;
mod pages;
mod profile;
mod roles;
mod secrets;
mod whole;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use regex_lite::Regex;
use serde_json::{Value, json};

use crate::support::{Answer, Service};

const ACCOUNTS: &str = "/api/v1/partner-accounts";

/// A Meta account with everything.
fn meta() -> Value {
    json!({
        "provider": "meta",
        "label": "Main app",
        "business_portfolio_id": "100000000000001",
        "app_id": "200000000000002",
        "app_secret": "meta-app-secret-aaaa1111",
        "system_user_token": "meta-system-user-token-bbbb2222",
        "webhook_verify_token": "meta-verify-token-cccc3333",
        "login_configuration_id": "300000000000003",
        "graph_version": "v25.0",
        "redirect_url": "https://platform.example.com/connected",
        "public_profile": {
            "company_name": "Bread & Butter",
            "colors": { "primary": "#1a7f37" },
            "support": { "email": "help@example.com" },
            "languages": ["EN", "pt-br"],
            "terms_url": "https://example.com/terms",
        },
    })
}

/// A Meta account with what it must have, and an id of its own.
fn small_meta(number: u32) -> Value {
    json!({
        "provider": "meta",
        "business_portfolio_id": format!("{number}"),
        "app_id": "2",
        "app_secret": "meta-app-secret-aaaa1111",
    })
}

fn dialog360() -> Value {
    json!({
        "provider": "360dialog",
        "partner_id": "examplePA",
        "api_key": "d360-api-key-dddd4444",
        "platform_secret": "d360-platform-secret-eeee5555",
        "webhook_header_name": "X-Partner-Auth",
        "webhook_header_secret": "Bearer d360-header-ffff6666",
    })
}

fn twilio() -> Value {
    json!({
        "provider": "twilio",
        "account_sid": "AC00000000000000000000000000000001",
        "auth_token": "twilio-auth-token-gggg7777",
        "api_key_sid": "SK00000000000000000000000000000002",
        "api_key_secret": "twilio-api-key-secret-hhhh8888",
    })
}

/// Adds an account, which must succeed.
async fn add(service: &Service, key: &str, body: &Value) -> Answer {
    let answer = service.call("POST", ACCOUNTS, key, body).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    answer
}

/// PATCH of a version.
async fn patch(service: &Service, key: &str, path: &str, version: &str, body: &Value) -> Answer {
    let request = Request::patch(path)
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .header(CONTENT_TYPE, "application/json")
        .header(IF_MATCH, version);
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// An answer on many lines, with what is random replaced.
fn stable(answer: &Answer) -> String {
    let body = serde_json::from_str::<Value>(&answer.body)
        .and_then(|body| serde_json::to_string_pretty(&body))
        .unwrap_or_else(|_| answer.body.clone());
    let slug = Regex::new("/webhooks/([a-z0-9]+)/[0-9a-f]{32}").unwrap();
    let body = slug.replace_all(&body, "/webhooks/$1/SLUG");
    let assets = Regex::new("/assets/[0-9a-f]{16}/").unwrap();
    let body = assets.replace_all(&body, "/assets/VERSION/");
    // A hash of everything, the random part of the webhook URLs included.
    let version = Regex::new("name=\"version\" value=\"[^\"]*\"").unwrap();
    let body = version.replace_all(&body, "name=\"version\" value=\"VERSION\"");
    format!("{}\n{body}", answer.status)
}

/// The fields that a problem names.
fn fields(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

/// How many accounts there are.
async fn count(service: &Service) -> i64 {
    let query = "SELECT count(*) FROM public.partner_configurations";
    service.client.query_one(query, &[]).await.unwrap().get(0)
}

/// The actions in the audit log, oldest first.
async fn actions(service: &Service) -> Vec<String> {
    let query = "SELECT action FROM trunkline.audit_log ORDER BY id";
    let rows = service.client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
