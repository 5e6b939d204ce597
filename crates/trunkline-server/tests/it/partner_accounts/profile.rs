use std::fmt::Write;

use serde_json::json;

use super::{ACCOUNTS, count, fields, small_meta};
use crate::support::Service;

#[tokio::test]
async fn what_is_wrong_with_a_profile_names_the_field_in_it() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let twenty_one: Vec<_> = (0..21).map(|n| format!("x-{n}")).collect();
    let cases = [
        ("colors.primary", json!({ "colors": { "primary": "red" } })),
        ("colors.text", json!({ "colors": { "text": "#12345" } })),
        ("colors.accent", json!({ "colors": { "accent": "#123456" } })),
        ("colors", json!({ "colors": ["#123456"] })),
        ("logo_url", json!({ "logo_url": "http://example.com/logo.png" })),
        ("logo_url", json!({ "logo_url": "data:image/svg+xml,<svg/>" })),
        ("terms_url", json!({ "terms_url": "not a url" })),
        ("privacy_url", json!({ "privacy_url": 5 })),
        ("support.email", json!({ "support": { "email": "nobody" } })),
        ("support.phone", json!({ "support": { "phone": "555 1234" } })),
        ("support.url", json!({ "support": { "url": "https://10.0.0.1/" } })),
        ("languages[1]", json!({ "languages": ["en", "not a language"] })),
        ("languages[1]", json!({ "languages": ["pt-BR", "PT-br"] })),
        ("languages[0]", json!({ "languages": [7] })),
        ("languages", json!({ "languages": twenty_one })),
        ("languages", json!({ "languages": "en" })),
        ("company_name", json!({ "company_name": "a\u{202e}\nb" })),
        ("theme", json!({ "theme": "dark" })),
    ];
    let mut said = String::new();
    for (field, profile) in cases {
        let mut body = small_meta(1);
        body["public_profile"] = profile.clone();
        let answer = service.call("POST", ACCOUNTS, &key, &body).await;
        assert_eq!(answer.status.as_u16(), 422, "{profile}: {}", answer.body);
        assert_eq!(fields(&answer), [format!("public_profile.{field}")], "{}", answer.body);
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        let profile: String = profile.to_string().chars().take(60).collect();
        writeln!(said, "{profile}\n    {message}").unwrap();
    }
    insta::assert_snapshot!(said);
    assert_eq!(count(&service).await, 0);
}
