use insta::assert_snapshot;
use serde_json::json;

use super::{ACCOUNT, FORM, JSON, TEXT, key, path, send, world};

#[tokio::test]
async fn a_text_goes_out_by_each_provider_with_its_credentials_and_its_answer_comes_back() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:send"]).await;
    let meta = ("POST", &*path("meta-1", "v24.0/1065/messages"));
    let answer = send(&service, &key, meta, (JSON, TEXT)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-provider")),
        (200, "meta"),
        "{}",
        answer.body
    );
    assert_eq!(answer.body, r#"{"ok":true}"#);
    let seen = fake.last();
    assert_eq!(seen.body, TEXT);
    assert_eq!(seen.headers["authorization"], "Bearer number-token");
    assert!(seen.line.starts_with("POST /v24.0/1065/messages?appsecret_proof="), "{}", seen.line);

    let dialog360 = ("POST", &*path("360dialog-1", "messages"));
    let answer = send(&service, &key, dialog360, (JSON, TEXT)).await;
    assert_eq!(answer.header("x-provider"), "360dialog", "{}", answer.body);
    let seen = fake.last();
    assert_eq!((&*seen.line, &*seen.body), ("POST /messages", TEXT));
    assert_eq!(seen.headers["d360-api-key"], "channel-key");
    assert!(!seen.headers.contains_key("authorization"));

    let twilio = ("POST", &*path("twilio-1", "Accounts/account/Messages.json"));
    let text = "To=whatsapp%3A%2B491511234567&Body=Hello";
    let answer = send(&service, &key, twilio, (FORM, text)).await;
    assert_eq!(answer.header("x-provider"), "twilio", "{}", answer.body);
    let seen = fake.last();
    assert_eq!(seen.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(seen.body, format!("{text}&From=whatsapp%3A%2B15550000001"));
    // The subaccount and its token.
    assert_eq!(
        seen.headers["authorization"],
        "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwOTpzdWJhY2NvdW50LXRva2Vu"
    );
}

#[tokio::test]
async fn without_a_token_of_its_own_a_number_is_served_by_the_accounts() {
    let (service, fake) = world().await;
    let key = key(&service, Some(2), &["provider:read"]).await;
    let answer = service.get(&path("meta-2", "waba/message_templates?limit=5"), &key).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let seen = fake.last();
    assert!(seen.line.starts_with("GET /v25.0/2029/message_templates?limit=5&appsecret_proof="));
    assert_eq!(seen.headers["authorization"], "Bearer meta-system-user-token-bbbb2222");
    let missing = service.get(&path("360dialog-2", "v1/configs/templates"), &key).await;
    assert_eq!((missing.status.as_u16(), missing.header("x-provider")), (409, ""));
    assert!(missing.body.contains("no API key at 360dialog"), "{}", missing.body);
}

#[tokio::test]
async fn a_refusal_of_the_providers_comes_as_it_is_and_only_harmless_headers_with_it() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:send"]).await;
    let refused = json!({ "error": { "code": 131_030, "message": "not allowed" } });
    fake.answer("POST /v25.0/1065/messages", 400, refused.clone());
    let line = ("POST", &*path("meta-1", "number/messages"));
    let answer = send(&service, &key, line, (JSON, TEXT)).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (400, refused));
    let mut headers: Vec<&str> =
        answer.headers.keys().map(axum::http::HeaderName::as_str).collect();
    headers.sort_unstable();
    assert_snapshot!(headers.join("\n"));
}

#[tokio::test]
async fn a_rule_of_the_key_allows_its_path_and_no_more() {
    let (service, fake) = world().await;
    let key =
        key(&service, None, &["POST {waba}/message_templates", "GET v1/configs/webhook"]).await;
    let template = ("POST", &*path("meta-1", "waba/message_templates"));
    assert_eq!(send(&service, &key, template, (JSON, "{}")).await.status.as_u16(), 200);
    let webhook = path("360dialog-1", "v1/configs/webhook");
    assert_eq!(service.get(&webhook, &key).await.status.as_u16(), 200);
    let message = ("POST", &*path("meta-1", "number/messages"));
    let refused = send(&service, &key, message, (JSON, TEXT)).await;
    assert_eq!(refused.json()["type"], "/problems/forbidden", "{}", refused.body);
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn media_is_shown_when_it_is_the_numbers_and_a_message_when_it_is_the_senders() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:read", "provider:send"]).await;
    let media = json!({ "messaging_product": "whatsapp", "url": "https://evil.example/file", "mime_type": "image/png",
        "sha256": "00", "id": "3003" });
    fake.answer("GET /v25.0/3003", 200, media.clone());
    let answer = service.get(&path("meta-1", "3003"), &key).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, media));
    assert!(fake.last().line.contains("phone_number_id=1065"), "{}", fake.last().line);
    // Whatever else has this id is not this channel's.
    fake.answer("GET /v25.0/2029", 200, json!({ "id": "2029", "name": "Garage Beta" }));
    let other = service.get(&path("meta-1", "2029"), &key).await;
    assert_eq!(
        (other.status.as_u16(), other.json()["type"].as_str()),
        (404, Some("/problems/not-found"))
    );
    assert!(!other.body.contains("Beta"));
    let deleted = service.call("DELETE", &path("meta-1", "2029"), &key, &json!(null)).await;
    assert_eq!(deleted.status.as_u16(), 404);
    assert!(!fake.lines().iter().any(|line| line.starts_with("DELETE")), "{:?}", fake.lines());
    // A file is fetched from the provider's own places alone.
    let file = service.get("/api/v1/channels/meta-1/media/3003", &key).await;
    assert_eq!(file.status.as_u16(), 409, "{}", file.body);

    let sid = "SM00000000000000000000000000000001";
    let address = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json");
    let message =
        |from: &str| json!({ "sid": sid, "from": from, "to": "whatsapp:+491", "body": "x" });
    fake.answer(&format!("GET {address}"), 200, message("whatsapp:+15550000001"));
    let own = path("twilio-1", &format!("Accounts/{ACCOUNT}/Messages/{sid}.json"));
    assert_eq!(service.get(&own, &key).await.json()["sid"], sid);
    fake.answer(&format!("GET {address}"), 200, message("whatsapp:+15550000009"));
    assert_eq!(service.get(&own, &key).await.status.as_u16(), 404);
    let media = own.replace(".json", "/Media/ME00000000000000000000000000000001");
    assert_eq!(service.get(&media, &key).await.status.as_u16(), 404);
    assert!(!fake.lines().iter().any(|line| line.contains("/Media")));
}

#[tokio::test]
async fn the_file_of_a_media_is_fetched_with_the_channels_credentials() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:read"]).await;
    // SEEN: the host of the address is replaced by 360dialog's own.
    let url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=3003&hash=x";
    fake.answer("GET /3003", 200, json!({ "url": url, "mime_type": "image/png", "sha256": "00" }));
    let answer = service.get("/api/v1/channels/360dialog-1/media/3003", &key).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-provider")), (200, "360dialog"));
    let seen = fake.last();
    assert_eq!(seen.line, "GET /whatsapp_business/attachments/?mid=3003&hash=x");
    assert_eq!(seen.headers["d360-api-key"], "channel-key");
}
