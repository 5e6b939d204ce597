use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use secrecy::SecretString;
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use trunkline_providers::{
    call,
    error::Failure,
    guard::{Found, Guard, Lookup},
    http::{Call, Http, Method, Options, Unanswered, Url},
};

use crate::fake::{Answer, Fake, Request, http, http_with};

fn get(url: Url) -> Call {
    call!("provider.test.get", Method::GET, url)
}

fn redirect(status: u16, to: &str) -> Answer {
    Answer::Text(status, format!("location: {to}\r\n"), String::new())
}

async fn failure(http: &Http, call: Call) -> Unanswered {
    http.send(call).await.map(|answer| answer.status()).unwrap_err()
}

#[tokio::test]
async fn redirects_are_followed_within_the_host_and_by_what_changes_nothing() {
    let elsewhere = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let other = elsewhere.url("/stolen").to_string();
    let fake = Fake::start(move |request: &Request| match request.path() {
        "/near" => redirect(302, "/here"),
        "/loop" => redirect(307, "/loop"),
        "/far" => redirect(308, &other),
        "/inside" => redirect(302, "http://169.254.169.254/latest"),
        "/broken" => redirect(301, "http://["),
        _ => Answer::Json(200, json!({"here": true})),
    })
    .await;
    let http = http();
    let key: SecretString = "key-0123456789".into();
    assert_eq!(http.send(get(fake.url("/near")).bearer(&key)).await.unwrap().status(), 200);
    for path in ["/loop", "/far", "/inside", "/broken"] {
        let failed = failure(&http, get(fake.url(path)).bearer(&key)).await;
        assert_eq!(failed.failure, Failure::Redirected, "{path}: {failed}");
    }
    let post = call!("provider.test.post", Method::POST, fake.url("/near"));
    assert_eq!(failure(&http, post).await.failure, Failure::Redirected);
    assert!(elsewhere.seen().is_empty(), "the credentials went to another host");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let http = http();
    for _ in 0..5 {
        http.clone().send(get(fake.url("/"))).await.unwrap();
    }
    assert_eq!((fake.seen().len(), fake.connections()), (5, 1));
    assert!(fake.seen()[0].header("user-agent").unwrap().starts_with("trunkline/"));
}

#[tokio::test]
async fn answers_are_read_up_to_the_limit_and_no_further() {
    let limit = 64 * 1024;
    let fake = Fake::start(move |request: &Request| match request.path() {
        "/full" => Answer::Text(200, String::new(), "x".repeat(limit)),
        "/announced" => Answer::Text(200, String::new(), "x".repeat(limit + 1)),
        _ => Answer::Endless,
    })
    .await;
    let http = http();
    assert_eq!(http.send(get(fake.url("/full"))).await.unwrap().body().len(), limit);
    for path in ["/announced", "/endless"] {
        assert_eq!(failure(&http, get(fake.url(path))).await.failure, Failure::TooLarge, "{path}");
    }
}

#[tokio::test]
async fn what_the_guard_forbids_is_not_connected_to() {
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let strict = Http::new(&Options::default(), Guard::new()).unwrap();
    assert_eq!(failure(&strict, get(fake.url("/"))).await.failure, Failure::Refused);
    assert_eq!(fake.connections(), 0);
}

/// Public when it is asked first, this machine when it is asked again.
struct Rebinding(AtomicUsize);

impl Lookup for Rebinding {
    fn lookup(&self, _: String) -> Found {
        let first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
        let address = if first { Ipv4Addr::new(93, 184, 215, 14) } else { Ipv4Addr::LOCALHOST };
        Box::pin(async move { Ok(vec![IpAddr::V4(address)]) })
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_caught_at_the_connection() {
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let guard = Guard::new().with_lookup(Arc::new(Rebinding(AtomicUsize::new(0))));
    let text = format!("https://rebinding.example:{}/", fake.address().port());
    let url = guard.vet(&text).await.unwrap();
    let http = Http::new(&Options::default(), guard).unwrap();
    let failed = failure(&http, get(url)).await;
    assert_eq!(failed.failure, Failure::Refused, "{failed}");
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn a_credential_that_no_header_can_carry_is_not_sent() {
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let key: SecretString = "key\r\nx-injected: 1".into();
    let failed = failure(&http(), get(fake.url("/")).bearer(&key)).await;
    assert_eq!(failed.failure, Failure::Credential);
    assert!(!failed.words.contains("injected"));
    assert_eq!(fake.connections(), 0);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_call_leaves_a_span_and_no_secret_in_the_log() {
    let fake = Fake::start(|_| Answer::Json(403, json!({}))).await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let secret: SecretString = "swordfish|0123".into();
    let call = get(fake.url("/path-0")).bearer(&secret).secret_query("input_token", &secret);
    http().send(call).await.unwrap();
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let close = text.lines().find(|line| line.contains("close")).unwrap();
    for part in [
        "provider.test.get{",
        "method=\"GET\"",
        "host=\"127.0.0.1\"",
        "status=403",
        "duration_milliseconds=",
    ] {
        assert!(close.contains(part), "{part} in {close}");
    }
    assert!(!text.contains("swordfish"), "{text}");
}

#[tokio::test]
async fn redirects_do_not_stretch_the_time_that_a_call_has() {
    let fake = Fake::start(|request: &Request| {
        std::thread::sleep(Duration::from_millis(150));
        redirect(307, &format!("{}x", request.path()))
    })
    .await;
    let failed = failure(&http_with(Duration::from_millis(250)), get(fake.url("/"))).await;
    assert_eq!(failed.failure, Failure::Timeout);
}
