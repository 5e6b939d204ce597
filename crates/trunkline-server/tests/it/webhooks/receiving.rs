//! What is verified is committed and answered; nothing else leaves a trace.

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::join_all;
use serde_json::json;
use trunkline_server::metrics_router;

use super::sender::{
    account, code, dialog360, from_meta, meta, post, sha1, sha256, sid, stored, twilio,
};
use crate::support::Service;

const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]}"#;

#[tokio::test]
async fn a_signed_webhook_of_metas_is_stored_as_the_bytes_that_came() {
    let service = Service::new().await;
    let account = meta(&service).await;
    let answer = from_meta(&service, &account, BODY).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    let query = "
        SELECT account_id, source, body, received_at::TEXT, day::TEXT, length(digest),
            (SELECT count(*) FROM trunkline.webhook_queue WHERE inbox_id = id)
        FROM trunkline.webhook_inbox";
    let row = service.client.query_one(query, &[]).await.unwrap();
    assert_eq!(i64::from(row.get::<_, i32>(0)), account.id);
    assert_eq!((row.get::<_, &str>(1), row.get::<_, &[u8]>(2)), ("meta", BODY));
    assert!(row.get::<_, &str>(3).starts_with("2026-01-02 03:04:05"));
    assert_eq!((row.get::<_, &str>(4), row.get::<_, i32>(5)), ("2026-01-02", 16));
    assert_eq!(row.get::<_, i64>(6), 1);
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_leaves_nothing_behind() {
    let service = Service::new().await;
    let (meta, dialog360, twilio) =
        (meta(&service).await, dialog360(&service).await, twilio(&service).await);
    let good = format!("sha256={}", sha256("test_app_secret", BODY));
    let other = format!("sha256={}", sha256("another_secret", BODY));
    let numbers = format!("{}/numbers", dialog360.path);
    let status = format!("{}/status", twilio.path);
    let refused: [(&str, &str, &str); 12] = [
        (&meta.path, "x-hub-signature-256", &other),
        (&meta.path, "x-hub-signature-256", "sha256="),
        (&meta.path, "x-hub-signature", &good),
        (&meta.path, "x-360dialog-signature", &good),
        (&dialog360.path, "x-360dialog-signature", &good),
        // The word of a header proves nothing where bodies are signed.
        (&dialog360.path, "x-partner-auth", "a word of ours"),
        (&numbers, "x-partner-auth", "another word"),
        (&numbers, "x-partner-auth", "a word of our"),
        (&numbers, "authorization", "a word of ours"),
        (&twilio.path, "x-twilio-signature", &good),
        (&twilio.path, "x-twilio-signature", "AAAA"),
        (&status, "x-nothing", "at all"),
    ];
    for (path, name, value) in refused {
        let answer = post(&service, path, (name, value), BODY).await;
        assert_eq!(answer.status.as_u16(), 401, "{name}: {value}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    // A webhook of one provider does not get in by the path of another.
    let path = meta.path.replace("/meta/", "/360dialog/");
    let answer = post(&service, &path, ("x-hub-signature-256", &good), BODY).await;
    assert_eq!(answer.status.as_u16(), 404);
    assert_eq!(stored(&service).await, 0);
}

#[tokio::test]
async fn every_provider_proves_itself_in_its_own_way() {
    let mut service = Service::new().await;
    service.public_url("https://partners.example.com");
    let (dialog360, twilio) = (dialog360(&service).await, twilio(&service).await);

    let event = br#"{"id":"evt_1","event":"channel_live","data":{"id":"tlbN64CH"}}"#;
    let signature = sha256("platform-secret", event);
    let answer =
        post(&service, &dialog360.path, ("x-360dialog-signature", &signature), event).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    let numbers = format!("{}/numbers", dialog360.path);
    let answer = post(&service, &numbers, ("X-Partner-Auth", "a word of ours"), BODY).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);

    let form = format!("MessageSid=SM1&AccountSid={}&Body=Hi+there", sid('a'));
    let url = format!("https://partners.example.com{}", twilio.path);
    let signed = format!("{url}AccountSid{}BodyHi thereMessageSidSM1", sid('a'));
    let signature = sha1("12345678", &signed);
    let answer =
        post(&service, &twilio.path, ("x-twilio-signature", &signature), form.as_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "<Response/>"));
    assert_eq!(answer.header("content-type"), "text/xml");

    // A body that is no form, and a query: Twilio signs the URL as a whole.
    let path = format!(
        "{}/status?bodySHA256=27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e",
        twilio.path
    );
    let signature = sha1("12345678", &format!("https://partners.example.com{path}"));
    let header = ("x-twilio-signature", signature.as_str());
    let answer = post(&service, &path, header, br#"{"event":"x","n":1}"#).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    assert_eq!(stored(&service).await, 4);
}

#[tokio::test]
async fn a_subaccount_of_twilios_signs_with_its_own_token() {
    let service = Service::new().await;
    let twilio = twilio(&service).await;
    let row = "
        INSERT INTO trunkline.twilio_clients (id, company_id, account_sid) VALUES (1, 1, $1);";
    service.client.execute(row, &[&sid('b')]).await.unwrap();
    let place = trunkline_core::secrets::Place {
        schema: "trunkline",
        table: "twilio_senders",
        column: "auth_token",
        row: "7",
    };
    let token = trunkline_core::secrets::Secret::new("token-of-the-subaccount".to_owned());
    let sealed = service.state.keys.seal(&place, &token, &mut service.state.random.clone());
    let row = "
        INSERT INTO trunkline.twilio_senders (id, client_id, sender_sid, auth_token)
        VALUES (7, 1, 'XE1', $1)";
    service.client.execute(row, &[&sealed]).await.unwrap();

    let form = format!("AccountSid={}&MessageSid=SM1", sid('b'));
    let url = format!("{}{}", service.state.settings.public_url, twilio.path);
    let signed = format!("{url}AccountSid{}MessageSidSM1", sid('b'));
    for (token, status) in [("token-of-the-subaccount", 200), ("another-token", 401)] {
        let signature = sha1(token, &signed);
        let header = ("x-twilio-signature", signature.as_str());
        let answer = post(&service, &twilio.path, header, form.as_bytes()).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
    }

    // What names a subaccount to a reader of forms, and another one to whoever reads JSON, is signed by neither.
    let (mine, victim) = (sid('b'), sid('c'));
    let body =
        format!(r#"{{"AccountSid":"{victim}","MessageSid":"SM1","x":"&AccountSid={mine}&y="}}"#);
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.sort();
    let text: String = pairs.into_iter().flat_map(|(name, value)| [name, value]).collect();
    let signature = sha1("token-of-the-subaccount", &format!("{url}{text}"));
    let header = ("x-twilio-signature", signature.as_str());
    let answer = post(&service, &twilio.path, header, body.as_bytes()).await;
    assert_eq!(answer.status.as_u16(), 401);

    // A new token is taken at once.
    let token = trunkline_core::secrets::Secret::new("a-new-token".to_owned());
    let sealed = service.state.keys.seal(&place, &token, &mut service.state.random.clone());
    let row = "UPDATE trunkline.twilio_senders SET auth_token = $1";
    service.client.execute(row, &[&sealed]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let signature = sha1("a-new-token", &signed);
    let header = ("x-twilio-signature", signature.as_str());
    let answer = post(&service, &twilio.path, header, form.as_bytes()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

#[tokio::test]
async fn where_a_shared_key_of_twilios_signs_it_is_the_one_of_the_account_and_nothing_else() {
    let service = Service::new().await;
    let half = json!({ "provider": "twilio", "account_sid": sid('b'), "auth_token": "12345678",
        "shared_key_id": "WK1" });
    let key = service.api_key("admin", None).await;
    let refused = service.call("POST", "/api/v1/partner-accounts", &key, &half).await;
    assert_eq!(refused.json()["errors"][0]["field"], "shared_key_secret", "{}", refused.body);
    let fields = json!({ "provider": "twilio", "account_sid": sid('a'), "auth_token": "12345678",
        "shared_key_id": "WK1", "shared_key_secret": "secret-of-the-key" });
    let twilio = account(&service, fields).await;
    let form = format!("MessageSid=SM1&AccountSid={}", sid('a'));
    let url = format!("{}{}", service.state.settings.public_url, twilio.path);
    let signed = format!("{url}AccountSid{}MessageSidSM1", sid('a'));
    let post = async |settings: Option<&str>, signature: &str| {
        let mut request = Request::post(&twilio.path).header("x-twilio-signature", signature);
        if let Some(settings) = settings {
            request = request.header("x-twilio-webhooks-signature-settings", settings);
        }
        let request = request.body(Body::from(form.clone())).unwrap();
        service.send(request).await.status.as_u16()
    };
    let by_key = BASE64_STANDARD.encode(code("secret-of-the-key", signed.as_bytes()));
    let (long, short) = ("key=WK1,algorithm=HMAC_SHA256", "key=WK1,algorithm=HMAC_SHA1");
    assert_eq!(post(Some(long), &by_key).await, 200);
    assert_eq!(post(Some(short), &sha1("secret-of-the-key", &signed)).await, 200);
    assert_eq!(post(None, &sha1("12345678", &signed)).await, 200);
    for (settings, signature) in [
        (Some(short), &by_key),
        (Some("key=WK2,algorithm=HMAC_SHA256"), &by_key),
        (Some("key=WK1,algorithm=NONE"), &by_key),
        (Some("key=WK1"), &by_key),
        (Some(short), &sha1("12345678", &signed)),
        (Some(""), &sha1("12345678", &signed)),
        (None, &sha1("secret-of-the-key", &signed)),
        (None, &by_key),
    ] {
        assert_eq!(post(settings, signature).await, 401, "{settings:?} {signature}");
    }

    // The one that another replaces goes on for a while.
    let other = json!({ "shared_key_id": "WK2", "shared_key_secret": "secret-of-another" });
    let path = format!("/api/v1/partner-accounts/{}", twilio.id);
    let request = Request::patch(&path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("if-match", "*");
    let replaced = service.send(request.body(Body::from(other.to_string())).unwrap()).await;
    assert_eq!(replaced.status.as_u16(), 200, "{}", replaced.body);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let by_other = BASE64_STANDARD.encode(code("secret-of-another", signed.as_bytes()));
    let of_other = "key=WK2,algorithm=HMAC_SHA256";
    assert_eq!(post(Some(of_other), &by_other).await, 200);
    assert_eq!(post(Some(long), &by_key).await, 200);
    assert_eq!(post(Some(long), &sha1("12345678", &signed)).await, 401);
    service.clock.advance(jiff::SignedDuration::from_hours(49));
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(post(Some(of_other), &by_other).await, 200);
    assert_eq!(post(Some(long), &by_key).await, 401);
}

#[tokio::test]
async fn meta_gets_its_challenge_back_if_it_knows_the_word() {
    let service = Service::new().await;
    let account = meta(&service).await;
    let ask = async |query: &str| service.page(&format!("{}?{query}", account.path), "").await;
    let good = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a-word-of-ours";
    let answer = ask(good).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "1158201444"));
    assert_eq!(answer.header("content-type"), "text/plain");
    for wrong in [
        "",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=another",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=a-word-of-ours",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=a-word-of-ours",
    ] {
        assert_eq!(ask(wrong).await.status.as_u16(), 403, "{wrong}");
    }
    let nobody = service.page(&format!("/webhooks/meta/nobody?{good}"), "").await;
    assert_eq!(nobody.status.as_u16(), 404);
}

#[tokio::test]
async fn an_account_without_a_secret_takes_nothing() {
    let service = Service::new().await;
    let fields = serde_json::json!({
        "provider": "360dialog", "partner_id": "examplePA", "api_key": "partner-api-key",
    });
    let account = account(&service, fields).await;
    let signature = sha256("", BODY);
    for path in [account.path.clone(), format!("{}/numbers", account.path)] {
        let answer = post(&service, &path, ("x-360dialog-signature", &signature), BODY).await;
        assert_eq!(answer.status.as_u16(), 401);
    }
}

#[tokio::test]
async fn a_body_of_three_megabytes_is_taken_and_a_longer_one_is_not() {
    let service = Service::new().await;
    let account = meta(&service).await;
    let longest = vec![b' '; 3 * 1024 * 1024];
    assert_eq!(from_meta(&service, &account, &longest).await.status.as_u16(), 200);
    let longer = vec![b' '; 3 * 1024 * 1024 + 1];
    assert_eq!(from_meta(&service, &account, &longer).await.status.as_u16(), 413);
    // One that does not say how long it is.
    let parts = futures_util::stream::iter([longer.clone(), longer].map(Ok::<_, std::io::Error>));
    let request = Request::post(&account.path).header("x-hub-signature-256", "sha256=");
    let answer = service.send(request.body(Body::from_stream(parts)).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 413);
    assert_eq!(stored(&service).await, 1);
}

#[tokio::test]
async fn the_same_webhook_is_stored_once_also_after_midnight() {
    let service = Service::new().await;
    let account = meta(&service).await;
    for hours in [0, 0, 20, 3, 24] {
        service.clock.advance(jiff::SignedDuration::from_hours(hours));
        assert_eq!(from_meta(&service, &account, BODY).await.status.as_u16(), 200);
    }
    // The first came on the 2nd at three, the fourth on the 3rd at two: on the 4th it is new again.
    let query = "SELECT day::TEXT FROM trunkline.webhook_inbox ORDER BY id";
    let days = service.client.query(query, &[]).await.unwrap();
    let days: Vec<&str> = days.iter().map(|row| row.get(0)).collect();
    assert_eq!(days, ["2026-01-02", "2026-01-04"]);
}

#[tokio::test]
async fn requests_at_the_same_time_share_a_commit() {
    let service = Service::new().await;
    let account = meta(&service).await;
    let bodies: Vec<String> = (0..200).map(|number| format!(r#"{{"n":{}}}"#, number / 2)).collect();
    let answers =
        join_all(bodies.iter().map(|body| from_meta(&service, &account, body.as_bytes())));
    assert!(answers.await.iter().all(|answer| answer.status.as_u16() == 200));
    assert_eq!(stored(&service).await, 100);

    let (metrics, store) = (service.state.metrics.clone(), service.state.store.clone());
    let page = crate::support::page_of(metrics_router(metrics, store), "/metrics").await;
    let value = |name: &str| {
        let line = page.lines().find(|line| line.starts_with(name)).unwrap_or("- -1");
        line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    assert_eq!(value("trunkline_webhooks_received_total{source=\"meta\"}"), 200);
    assert_eq!(value("trunkline_webhooks_duplicates_total"), 100);
    assert!(value("trunkline_webhook_commits_total") < 50, "{page}");
}

#[tokio::test]
async fn nothing_is_answered_with_200_while_the_database_does_not_take_it() {
    let service = Service::new().await;
    let account = meta(&service).await;
    assert_eq!(from_meta(&service, &account, BODY).await.status.as_u16(), 200);
    let break_it = "ALTER TABLE trunkline.webhook_queue RENAME TO webhook_queue_elsewhere";
    service.client.batch_execute(break_it).await.unwrap();
    let answer = from_meta(&service, &account, b"{}").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"));
    let mend = "ALTER TABLE trunkline.webhook_queue_elsewhere RENAME TO webhook_queue";
    service.client.batch_execute(mend).await.unwrap();
    assert_eq!(from_meta(&service, &account, b"{}").await.status.as_u16(), 200);
    assert_eq!(stored(&service).await, 2);
}

#[tokio::test]
async fn it_takes_nothing_while_it_starts() {
    let service = Service::new().await;
    let account = meta(&service).await;
    service.state.progress.set(Some("applying migrations".to_owned()));
    assert_eq!(from_meta(&service, &account, BODY).await.status.as_u16(), 503);
    service.state.progress.stop();
    assert_eq!(from_meta(&service, &account, BODY).await.status.as_u16(), 200);
}
