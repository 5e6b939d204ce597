//! What goes wrong on the way is the same story for every provider: a finding of its own, no panic, no secret.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};
use trunkline_providers::{
    dialog360,
    http::{Http, Url},
    meta,
    report::{Level, Report},
    twilio,
};

use crate::fake::{Answer, Fake, clock, codes, http, http_with};

const SECRET: &str = "swordfish-0123456789";

/// Complete accounts of all providers, asked at one place.
async fn check_all(http: &Http, base: &Url) -> [Report; 3] {
    let mut first = dialog360::Account::new("examplePA");
    first.base_url = Some(base.clone());
    first.api_key = Some(SECRET.into());
    first.platform_secret = Some(SECRET.into());
    let mut second = meta::Account::new("670843887433847", "2729063490586005");
    second.base_url = Some(base.clone());
    second.app_secret = Some(SECRET.into());
    second.system_user_token = Some(SECRET.into());
    second.config_id = Some("1234567890".into());
    let mut third = twilio::Account::new(format!("AC{}", "a".repeat(32)));
    third.base_url = Some(base.clone());
    third.auth_token = Some(SECRET.into());
    third.api_key_sid = Some(format!("SK{}", "b".repeat(32)));
    third.api_key_secret = Some(SECRET.into());
    [
        dialog360::check(http, &first, &clock()).await,
        meta::check(http, &second, &clock()).await,
        twilio::check(http, &third, &clock()).await,
    ]
}

/// Each provider says this one thing and stops; nothing that was said holds the secret.
fn assert_all_say(reports: &[Report], code: &str) {
    for report in reports {
        let text = serde_json::to_string(report).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        let bad: Vec<_> =
            report.findings.iter().filter(|finding| finding.level != Level::Ok).collect();
        assert_eq!(bad.iter().map(|finding| finding.code).collect::<Vec<_>>(), [code], "{text}");
        assert!(bad[0].advice.is_some() && bad[0].error.is_some(), "{text}");
    }
}

/// What is to be found, and what answers.
type Trouble = (&'static str, fn() -> Answer);

#[tokio::test]
async fn each_trouble_on_the_way_is_a_finding_of_its_own() {
    let page =
        || Answer::Text(200, "content-type: text/html\r\n".into(), "<html>Sign in</html>".into());
    let echo = || Answer::Text(502, String::new(), format!("<html>{SECRET}</html>"));
    let elsewhere =
        || Answer::Text(302, "location: https://portal.example/\r\n".into(), String::new());
    let table: [Trouble; 11] = [
        ("timeout", || Answer::Hang),
        ("timeout", || Answer::Drip),
        ("interrupted", || Answer::Cut),
        ("interrupted", || Answer::Drop),
        ("interrupted", || Answer::Garbage),
        ("answer_too_large", || Answer::Endless),
        ("not_json", page),
        ("not_json", echo),
        ("redirected", elsewhere),
        ("provider_unavailable", || Answer::Json(503, json!({}))),
        ("throttled", || Answer::Json(429, json!({}))),
    ];
    for (code, answer) in table {
        let fake = Fake::start(move |_| answer()).await;
        let http = if code == "timeout" { http_with(Duration::from_millis(300)) } else { http() };
        assert_all_say(&check_all(&http, &fake.url("")).await, code);
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let http = http();
    let table = [
        (format!("http://{closed}/"), "unreachable"),
        ("https://nowhere.invalid/".to_owned(), "name_not_resolved"),
        ("https://169.254.169.254/".to_owned(), "address_refused"),
        ("http://provider.example/".to_owned(), "address_refused"),
        ("mailto:provider@example.com".to_owned(), "address_refused"),
    ];
    for (base, code) in table {
        assert_all_say(&check_all(&http, &base.parse().unwrap()).await, code);
    }
}

#[tokio::test]
async fn untrusted_and_missing_tls_are_named() {
    let plain = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let plain = format!("https://{}/", plain.address()).parse().unwrap();
    assert_all_say(&check_all(&http(), &plain).await, "tls_failed");

    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let private =
        rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(configuration));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base =
        format!("https://localhost:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client is expected to hang up.
            let _ = acceptor.accept(stream).await;
        }
    });
    let reports = check_all(&http(), &base).await;
    server.abort();
    assert_all_say(&reports, "tls_failed");
    assert!(
        reports[0].find("tls_failed").unwrap().message.contains("UnknownIssuer"),
        "{reports:?}"
    );
}

#[tokio::test]
async fn a_server_that_repeats_every_header_gives_no_secret_away() {
    for status in [200, 400, 401, 403, 404, 500] {
        let fake = Fake::start(move |request| {
            let echo = format!("{request:?}");
            let words = json!({"message": echo, "developer_message": echo, "code": 100, "error": echo,
                "id": "examplePA", "brand_name": echo, "webhook_url": echo, "sid": format!("AC{}", "a".repeat(32)),
                "status": echo, "friendly_name": echo, "data": {"is_valid": false, "error": {"message": echo}}});
            Answer::Json(status, if status == 400 { json!({"error": words, "meta": words}) } else { words })
        })
        .await;
        let base = fake.url("");
        for report in check_all(&http(), &base).await {
            let text = serde_json::to_string(&report).unwrap();
            for request in fake.seen() {
                let value =
                    request.header("authorization").or(request.header("x-api-key")).unwrap();
                let credential = value.rsplit(' ').next().unwrap();
                assert!(!text.contains(credential), "{status}: {text}");
            }
            assert!(!text.contains(SECRET), "{status}: {text}");
        }
    }
}

#[tokio::test]
async fn answers_of_the_wrong_shape_are_said_to_be_that() {
    for body in
        [json!(null), json!([]), json!({}), json!({"id": 7, "sid": 7, "data": 7}), json!("x")]
    {
        let fake = Fake::start(move |_| Answer::Json(200, body.clone())).await;
        for report in check_all(&http(), &fake.url("")).await {
            assert!(codes(&report).contains(&"answer_unexpected"), "{report:?}");
            assert_eq!(report.level, Level::Error);
        }
    }
}

#[tokio::test]
async fn an_unsendable_credential_is_named_without_being_shown() {
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let mut account = dialog360::Account::new("examplePA");
    account.base_url = Some(fake.url(""));
    account.api_key = Some("swordfish\n".into());
    let report = dialog360::check(&http(), &account, &clock()).await;
    assert!(codes(&report).contains(&"credential_unsendable"));
    assert!(!serde_json::to_string(&report).unwrap().contains("swordfish"));
    assert!(fake.seen().is_empty());
}
