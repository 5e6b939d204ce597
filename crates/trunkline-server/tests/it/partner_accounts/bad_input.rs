use std::fmt::Write;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::{ACCOUNTS, actions, add, count, dialog360, fields, meta, patch, stable, twilio};
use crate::support::Service;

#[tokio::test]
async fn what_is_wrong_with_an_account_is_named_and_nothing_is_stored() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let long = "9".repeat(33);
    let (meta, dialog360, twilio) = (meta(), dialog360(), twilio());
    let cases = [
        (&meta, "app_id", json!("twelve")),
        (&meta, "app_id", json!(12)),
        (&meta, "app_id", json!(null)),
        (&meta, "app_id", json!("")),
        (&meta, "app_id", json!(long)),
        (&meta, "business_portfolio_id", json!("1\u{0}")),
        (&meta, "app_secret", json!("short")),
        (&meta, "app_secret", json!("has a space in it")),
        (&meta, "app_secret", json!("line\nbreak-line-break")),
        (&meta, "app_secret", json!({ "value": "meta-app-secret" })),
        (&meta, "app_secret", json!("s".repeat(4097))),
        (&meta, "graph_version", json!("25.0")),
        (&meta, "label", json!("  ")),
        (&meta, "label", json!("bell\u{7}")),
        (&meta, "label", json!("x".repeat(101))),
        (&meta, "redirect_url", json!("javascript:alert(1)")),
        (&meta, "redirect_url", json!("http://example.com")),
        (&meta, "base_url", json!("https://169.254.169.254/latest")),
        (&meta, "base_url", json!("https://user:password@example.com")),
        (&meta, "is_active", json!("yes")),
        (&meta, "is_default", json!(true)),
        (&meta, "account_sid", json!("AC00000000000000000000000000000001")),
        (&meta, "no_such_field", json!(null)),
        (&meta, "provider", json!("whatsapp")),
        (&meta, "public_profile", json!([])),
        (&dialog360, "partner_id", json!("exampleCL")),
        (&dialog360, "webhook_header_name", json!("X Partner")),
        (&dialog360, "webhook_header_name", json!("Content-Length")),
        (&dialog360, "webhook_header_name", json!(null)),
        (&dialog360, "webhook_header_secret", json!(null)),
        (&twilio, "account_sid", json!("AC123")),
        (&twilio, "api_key_sid", json!("AC00000000000000000000000000000001")),
        (&twilio, "api_key_secret", json!(null)),
    ];
    let mut said = String::new();
    for (right, field, value) in cases {
        let mut body = right.clone();
        body[field] = value.clone();
        let answer = service.call("POST", ACCOUNTS, &key, &body).await;
        let value: String = value.to_string().chars().take(45).collect();
        assert_eq!(answer.status.as_u16(), 422, "{field} {value}: {}", answer.body);
        assert_eq!(fields(&answer), [field], "{}", answer.body);
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        writeln!(said, "{field} {value}\n    {message}").unwrap();
    }
    insta::assert_snapshot!(said);
    assert_eq!(count(&service).await, 0);
    assert!(actions(&service).await.is_empty());
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let answer =
        service.call("POST", ACCOUNTS, &key, &json!({ "provider": "meta", "app_id": "x" })).await;
    insta::assert_snapshot!(stable(&answer));
    let mut many = Map::new();
    for number in 0..5000 {
        many.insert(format!("field{number}"), json!(1));
    }
    many.insert("provider".to_owned(), json!("meta"));
    let answer = service.call("POST", ACCOUNTS, &key, &Value::Object(many)).await;
    assert_eq!((answer.status.as_u16(), fields(&answer).len()), (422, 30));
    let nothing = service
        .call(
            "POST",
            ACCOUNTS,
            &key,
            &json!({ "provider": "twilio",
        "account_sid": "AC00000000000000000000000000000001" }),
        )
        .await;
    assert_eq!(fields(&nothing), ["auth_token"]);
}

#[tokio::test]
async fn what_is_no_object_of_json_is_refused_without_being_repeated() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &meta()).await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let secret = "\"a-secret-that-was-pasted\"".to_owned();
    let cases = [
        ("{\"provider\":", 400),
        ("{\"provider\": \"meta\"} trailing", 400),
        ("\u{fffd}", 400),
        ("{\"app_secret\": \"\\ud800\"}", 422),
        (&deep, 400),
        (&secret, 400),
        ("null", 400),
        ("", 400),
    ];
    for (method, path) in
        [("POST", ACCOUNTS), ("PUT", "/api/v1/partner-accounts/1/secrets/app_secret")]
    {
        for (body, status) in cases {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(AUTHORIZATION, format!("Bearer {key}"))
                .header(CONTENT_TYPE, "application/json");
            let answer = service.send(request.body(Body::from(body.to_owned())).unwrap()).await;
            let shown: String = body.chars().take(40).collect();
            assert_eq!(answer.status.as_u16(), status, "{method} {shown}: {}", answer.body);
            assert!(!answer.body.contains("pasted"), "{}", answer.body);
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json");
        let large = service.send(request.body(Body::from(vec![b' '; 10 << 20])).unwrap()).await;
        assert_eq!(large.status.as_u16(), 413);
    }
    assert_eq!(count(&service).await, 1);
}

#[tokio::test]
async fn an_unknown_id_is_not_found_whatever_it_looks_like() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    for id in ["1", "0", "-1", "99999999999999999999", "x", "%00", "%FF", "1%20OR%201=1"] {
        let path = format!("{ACCOUNTS}/{id}");
        let operations =
            ["", "/activate", "/deactivate", "/default", "/check", "/logo", "/secrets/app_secret"];
        for (operation, method) in
            operations.iter().zip(["GET", "POST", "POST", "POST", "POST", "GET", "PUT"])
        {
            let body = json!({ "value": "long-enough-secret" });
            let answer = service.call(method, &format!("{path}{operation}"), &key, &body).await;
            assert_eq!(answer.status.as_u16(), 404, "{id}{operation}: {}", answer.body);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        for method in ["PATCH", "DELETE"] {
            let answer = service.call(method, &path, &key, &json!({})).await;
            assert_eq!(answer.status.as_u16(), 404, "{method} {id}: {}", answer.body);
        }
    }
}

/// Names that mean something, among others.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "provider",
            "label",
            "app_id",
            "app_secret",
            "business_portfolio_id",
            "partner_id",
            "api_key",
            "account_sid",
            "auth_token",
            "public_profile",
            "base_url",
            "is_active",
            "value",
            "colors",
            "primary",
            "languages",
            "company_name",
            "logo_url",
            "graph_version",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9]{1,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "meta",
            "360dialog",
            "twilio",
            "#ffffff",
            "en",
            "https://example.com"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[tokio::test]
async fn no_body_whatever_it_holds_is_a_mistake_of_ours() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &meta()).await;
    let mut runner = TestRunner::deterministic();
    let strategy = (json_value(), prop::collection::btree_map(name(), json_value(), 0..8));
    for _ in 0..150 {
        service.clock.advance(jiff::SignedDuration::from_secs(10));
        let (any, fields) = strategy.new_tree(&mut runner).unwrap().current();
        let object = Value::Object(fields.into_iter().collect());
        let mut typed = object.clone();
        typed["provider"] = json!("meta");
        for body in [&any, &object, &typed] {
            let answers = [
                service.call("POST", ACCOUNTS, &key, body).await,
                patch(&service, &key, "/api/v1/partner-accounts/1", "*", body).await,
                service
                    .call("PUT", "/api/v1/partner-accounts/1/secrets/app_secret", &key, body)
                    .await,
                service.call("PUT", "/api/v1/partner-accounts/1/logo", &key, body).await,
            ];
            for answer in answers {
                assert!(answer.status.as_u16() < 500, "{body}: {}", answer.body);
            }
        }
    }
}
