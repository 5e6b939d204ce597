use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use insta::assert_snapshot;
use serde_json::json;

use super::{FORM, JSON, TEXT, at, key, path, send, world};

#[tokio::test]
async fn a_key_may_do_nothing_unless_it_was_said_and_reaches_its_own_company() {
    let (service, fake) = world().await;
    let nothing = service.api_key("admin", None).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    let refused = send(&service, &nothing, line, (JSON, TEXT)).await;
    assert_eq!(refused.status.as_u16(), 403);
    assert_snapshot!(refused.json()["detail"].as_str().unwrap());
    let other =
        key(&service, Some(2), &["provider:send", "provider:read", "credentials:read"]).await;
    for channel in ["meta-1", "360dialog-1", "twilio-1", "meta-9"] {
        let line = ("POST", &*path(channel, "number/messages"));
        assert_eq!(
            send(&service, &other, line, (JSON, TEXT)).await.status.as_u16(),
            404,
            "{channel}"
        );
    }
    let viewer = service.api_key("viewer", None).await;
    service.permit(&viewer, &["provider:send", "provider:read"]).await;
    assert_eq!(send(&service, &viewer, line, (JSON, TEXT)).await.status.as_u16(), 403);
    let profile = path("meta-1", "number/whatsapp_business_profile");
    assert_eq!(service.get(&profile, &viewer).await.status.as_u16(), 200);
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn tricks_with_paths_queries_and_bodies_reach_nobody() {
    let (service, fake) = world().await;
    let key =
        key(&service, None, &["provider:send", "provider:read", "POST {waba}/message_templates"])
            .await;
    let mut told = Vec::new();
    for trick in [
        "2065/messages",
        "number/../2065/messages",
        "number/%2e%2e/2065/messages",
        "number%2F..%2F2065/messages",
        "number//messages",
        "/messages",
        "number/messages/",
        "https://graph.facebook.com/2065/messages",
        "@evil.example/messages",
        "v25.0/../2065/messages",
        "1065,2065/messages",
        "me/messages",
        "number/messages?access_token=mine",
        "number/messages?ids=2065",
        "number/messages?method=delete",
        "number/messages?phone_number_id=2065",
        "number/messages?fields=id%7Bname%7D",
        "number/messages?limit=1&limit=2",
        "number/register",
        "number/deregister",
    ] {
        let answer = send(&service, &key, ("POST", &path("meta-1", trick)), (JSON, TEXT)).await;
        assert_eq!(answer.header("x-provider"), "", "{trick}");
        told.push(format!("{} {trick}", answer.status.as_u16()));
    }
    for (kind, body) in [
        (JSON, r#"{"batch":[{"method":"GET","relative_url":"2029"}]}"#),
        (JSON, r#"{"access_token":"mine"}"#),
        (FORM, "method=delete"),
        (FORM, "ids%5B0%5D=2065"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("text/plain", TEXT),
    ] {
        let line = ("POST", &*path("meta-1", "number/messages"));
        let answer = send(&service, &key, line, (kind, body)).await;
        told.push(format!("{} {kind} {body}", answer.status.as_u16()));
    }
    for body in [
        "From=whatsapp%3A%2B15550000009&To=x&Body=x",
        "From=whatsapp%3A%2B15550000001&From=whatsapp%3A%2B15550000009",
        "MessagingServiceSid=MG1&To=x",
        "from=whatsapp%3A%2B15550000009",
    ] {
        let line = ("POST", &*path("twilio-1", "Accounts/account/Messages.json"));
        let answer = send(&service, &key, line, (FORM, body)).await;
        told.push(format!("{} {body}", answer.status.as_u16()));
    }
    for trick in [
        "Accounts/AC00000000000000000000000000000008/Messages.json",
        "Accounts/account/Messages.json",
        "Accounts.json",
        "Accounts/account.json",
    ] {
        let answer = service.get(&path("twilio-1", trick), &key).await;
        told.push(format!("{} GET {trick}", answer.status.as_u16()));
    }
    assert_eq!(fake.lines(), [""; 0]);
    assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn an_idempotency_key_is_refused_as_nothing_is_kept() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:send"]).await;
    let request = Request::post(path("meta-1", "number/messages"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", JSON)
        .header("idempotency-key", "one");
    let answer = service.send(request.body(Body::from(TEXT)).unwrap()).await;
    assert_eq!(answer.json()["errors"][0]["field"], "Idempotency-Key");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn beyond_the_rate_of_a_number_requests_are_refused_at_once() {
    let (mut service, fake) = world().await;
    service.set(|settings| {
        settings.calls.messages_per_second = 2;
        settings.calls.patience_seconds = 0;
    });
    let key = key(&service, None, &["provider:send"]).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(send(&service, &key, line, (JSON, TEXT)).await);
    }
    let sent = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert!(sent >= 2 && sent == fake.seen().len(), "{sent}");
    let refused = answers.iter().find(|answer| answer.status.as_u16() == 429).unwrap();
    assert_eq!(refused.json()["type"], "/problems/too-many-requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    // Another number has its own.
    let other = ("POST", &*path("360dialog-1", "messages"));
    assert_eq!(send(&service, &key, other, (JSON, TEXT)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn after_the_provider_said_too_much_nothing_is_sent_for_a_while_whatever_the_status() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:send", "provider:read"]).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    let error =
        |code: u32| json!({ "error": { "message": "x", "type": "OAuthException", "code": code } });
    let messages = "POST /v25.0/1065/messages";
    // To this recipient alone.
    fake.answer(messages, 400, error(131_056));
    assert_eq!(send(&service, &key, line, (JSON, TEXT)).await.status.as_u16(), 400);
    fake.answer(messages, 400, error(130_429));
    let answer = send(&service, &key, line, (JSON, TEXT)).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-provider")), (400, "meta"));
    assert_eq!(answer.json(), error(130_429));
    assert_eq!(fake.seen().len(), 2);
    let answer = send(&service, &key, line, (JSON, TEXT)).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-provider")), (429, ""));
    assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    let profile = path("meta-1", "number/whatsapp_business_profile");
    assert_eq!(service.get(&profile, &key).await.status.as_u16(), 200, "the account may still ask");
    assert_eq!(fake.seen().len(), 3);
}

#[tokio::test]
async fn a_channel_without_an_account_in_use_is_served_by_nobody() {
    let (service, fake) = world().await;
    let key = key(&service, None, &["provider:send"]).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    let mut told = Vec::new();
    let bind = "UPDATE meta_whatsapp_clients SET partner_configuration_id = 1";
    let deactivate = "UPDATE partner_configurations SET is_active = false, is_default = false WHERE provider = 'meta'";
    let delete = "UPDATE meta_whatsapp_clients SET partner_configuration_id = NULL; DELETE FROM partner_configurations WHERE provider = 'meta'";
    for change in [&format!("{bind}; {deactivate}"), delete] {
        service.client.batch_execute(change).await.unwrap();
        let answer = send(&service, &key, line, (JSON, TEXT)).await;
        told.push(format!(
            "{} {}",
            answer.status.as_u16(),
            answer.json()["detail"].as_str().unwrap()
        ));
    }
    assert_snapshot!(told.join("\n"));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_provider_that_is_down_or_slow_is_told_apart_from_its_answers() {
    let slow = Router::new().fallback(async || {
        tokio::time::sleep(Duration::from_secs(30)).await;
    });
    let mut service = at(slow).await;
    service.set(|settings| settings.request_limit = Duration::from_millis(500));
    let key = key(&service, None, &["provider:send"]).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    let late = send(&service, &key, line, (JSON, TEXT)).await;
    assert_eq!(late.json()["type"], "/problems/timed-out", "{}", late.body);
    // Nobody listens there.
    service
        .client
        .batch_execute(
            "UPDATE trunkline.partner_account_details SET base_url = 'http://127.0.0.1:1'",
        )
        .await
        .unwrap();
    let down = send(&service, &key, line, (JSON, TEXT)).await;
    assert_eq!((down.status.as_u16(), down.header("x-provider")), (503, ""));
    assert!(down.body.contains("nothing was sent"), "{}", down.body);
}

#[tokio::test]
async fn nothing_of_a_message_is_kept() {
    let (service, _) = world().await;
    let key = key(&service, None, &["provider:send"]).await;
    let line = ("POST", &*path("meta-1", "number/messages"));
    send(&service, &key, line, (JSON, &TEXT.replace("Hello", "Sesame"))).await;
    for table in ["audit_log", "idempotency_keys", "provider_calls", "webhook_inbox", "events"] {
        let query =
            format!("SELECT count(*) FROM trunkline.{table} AS t WHERE t::TEXT LIKE '%Sesame%'");
        let found: i64 = service.client.query_one(&query, &[]).await.unwrap().get(0);
        assert_eq!(found, 0, "{table}");
    }
    let put = service.call("PUT", &path("meta-1", "number/messages"), &key, &json!({})).await;
    assert_eq!(put.status.as_u16(), 405);
}
