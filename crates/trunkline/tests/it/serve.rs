//! The service as a process: its start, its readiness, its end.

use std::time::Duration;

use insta::assert_snapshot;
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::place::Place;
use crate::serving::{KEY, OTHER_KEY, Serving, form, get, get_with, serve};

#[tokio::test]
async fn it_migrates_then_serves_logs_a_line_a_request_and_ends_with_0() {
    let place = Place::platform().await;
    let mut serving = Serving::start(serve(&place)).await;
    let ready = serving.get("/health/ready").await;
    assert!(ready.starts_with("HTTP/1.1 200 OK"), "{ready}");
    place.run("migrate status --check").await.expect(0);

    let line = serving.line(r#""route":"/health/ready""#).await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &200.into()));
    assert!(line["queries"].as_u64() >= Some(1), "{line}");

    serving.running.signal(Signal::TERM);
    serving.line("stopped; everything was answered").await;
    let ended = serving.running.end().await.expect(0);
    assert!(
        ended.stdout.contains("first administrator (once, within 24 hours): http://"),
        "{ended}"
    );
}

#[tokio::test]
async fn the_first_administrator_comes_in_by_the_printed_link_and_signs_out_and_in_again() {
    let place = Place::platform().await;
    let mut serving = Serving::start(serve(&place)).await;
    let link = serving.setup_link().await;
    let path = link.strip_prefix(&format!("http://{}", serving.address)).unwrap().to_owned();
    let page = serving.get(&path).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Create the account"), "{page}");
    let closed = serving.get("/admin/partner-accounts").await;
    let led = closed.contains("location: /admin/sign-in?then=%2Fadmin%2Fpartner%2Daccounts");
    assert!(led, "{closed}");

    let person = "name=Ada&email=ada%40example.com&password=a+long+sentence+of+mine+7";
    let made = form(&serving.address, &path, "", person).await;
    assert!(made.starts_with("HTTP/1.1 303"), "{made}");
    let session = cookie(&made);
    let overview = get_with(&serving.address, "/admin", &session).await;
    assert!(overview.starts_with("HTTP/1.1 200") && overview.contains("Ada"), "{overview}");
    let used = serving.get(&path).await;
    assert!(!used.contains("Create the account") && !used.starts_with("HTTP/1.1 5"), "{used}");

    let out = form(&serving.address, "/admin/sign-out", &session, "").await;
    assert!(out.starts_with("HTTP/1.1 303"), "{out}");
    let after = get_with(&serving.address, "/admin", &session).await;
    assert!(after.starts_with("HTTP/1.1 303"), "a session that was ended: {after}");
    let wrong = "then=&email=ada%40example.com&password=another+long+sentence";
    let refused = form(&serving.address, "/admin/sign-in", "", wrong).await;
    assert!(refused.starts_with("HTTP/1.1 422"), "{refused}");
    let right = "then=%2Fadmin%2Fusers&email=ada%40example.com&password=a+long+sentence+of+mine+7";
    let signed_in = form(&serving.address, "/admin/sign-in", "", right).await;
    assert!(signed_in.contains("location: /admin/users"), "{signed_in}");
    let users = get_with(&serving.address, "/admin/users", &cookie(&signed_in)).await;
    assert!(users.contains("ada@example.com"), "{users}");
}

/// The cookies that an answer sets, as the next request sends them.
fn cookie(answer: &str) -> String {
    let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<_> = set.filter_map(|line| line.split(';').next()).collect();
    pairs.join("; ")
}

#[tokio::test]
async fn what_is_being_answered_when_it_is_told_to_stop_is_answered() {
    let place = Place::platform().await;
    let serving = Serving::start(serve(&place)).await;
    let holder = place.database.connect().await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE trunkline.secret_keys").await.unwrap();
    let address = serving.address.clone();
    let answer = tokio::spawn(async move { get(&address, "/health/ready").await });
    place.wait_for_statement("secret_keys").await;

    serving.running.signal(Signal::TERM);
    while TcpStream::connect(&serving.address).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    holder.batch_execute("COMMIT").await.unwrap();
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    serving.running.end().await.expect(0);
}

#[tokio::test]
async fn it_refuses_to_serve_without_the_key_that_secrets_stand_under() {
    let place = Place::platform().await;
    let serving = Serving::start(serve(&place)).await;
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
    let other = serve(&place).env("TRUNKLINE_KEYS", OTHER_KEY).env("TRUNKLINE_LOG", "error");
    assert_snapshot!("wrong_key", other.run().await.expect(1));
    let none = place.command("serve --listen 127.0.0.1:0").env("TRUNKLINE_LOG", "error");
    assert_snapshot!("no_key", none.run().await.expect(1));
}

#[tokio::test]
async fn it_may_be_told_not_to_migrate() {
    let place = Place::platform().await;
    let run = serve(&place).env("TRUNKLINE_MIGRATIONS", "check").env("TRUNKLINE_LOG", "error");
    let refused = run.run().await.expect(3);
    assert!(refused.stderr.contains("hint: apply them: trunkline migrate up"), "{refused}");
    assert_eq!(
        place.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'trunkline'").await,
        0
    );
}

/// The grants are those of docs/service.md.
#[tokio::test]
async fn it_serves_by_a_login_that_owns_no_table_and_cannot_change_the_audit_log() {
    let place = Place::platform().await;
    place.run("migrate up").await.expect(0);
    let page = std::fs::read_to_string("../../docs/service.md").unwrap();
    let grants = page.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    let url = place.login(&grants.replace("trunkline_service", "trunkline_reader")).await;
    let run = serve(&place).env("DATABASE_URL", &url);
    let run = run.env("TRUNKLINE_MIGRATIONS", "check").known(url, "[url]");
    let mut serving = Serving::start(run).await;
    let ready = serving.get("/health/ready").await;
    assert!(ready.starts_with("HTTP/1.1 200 OK"), "{ready}");
    let link = serving.setup_link().await;
    let path = link.strip_prefix(&format!("http://{}", serving.address)).unwrap().to_owned();
    let person = "name=Ada&email=ada%40example.com&password=a+long+sentence+of+mine+7";
    let made = form(&serving.address, &path, "", person).await;
    assert!(made.starts_with("HTTP/1.1 303"), "{made}");
    let session = cookie(&made);
    for page in [
        "",
        "/partner-accounts",
        "/clients",
        "/channels",
        "/syncs",
        "/webhooks",
        "/alerts",
        "/import",
        "/users",
        "/api-keys",
        "/audit-log",
        "/migrations",
        "/companies",
    ] {
        let shown = get_with(&serving.address, &format!("/admin{page}"), &session).await;
        assert!(shown.starts_with("HTTP/1.1 200"), "{page}: {shown}");
    }
    let rights = "
        SELECT count(*)
        FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS privilege
        WHERE has_table_privilege('trunkline_reader', 'trunkline.audit_log', privilege)";
    assert_eq!(place.number(rights).await, 0);
    serving.running.signal(Signal::TERM);
    let log = serving.until("stopped; everything was answered").await;
    assert!(!log.contains("permission denied"), "{log}");
    serving.running.end().await.expect(0);
}

#[tokio::test]
async fn a_platform_without_companies_is_named_and_nothing_is_served() {
    let place = Place::empty().await;
    let run = serve(&place).env("TRUNKLINE_LOG", "error");
    assert_snapshot!("no_companies", run.run().await.expect(6));
}

#[tokio::test]
async fn two_replicas_that_start_at_once_both_serve() {
    let place = Place::platform().await;
    let (one, other) = tokio::join!(Serving::start(serve(&place)), Serving::start(serve(&place)));
    for serving in [one, other] {
        let ready = serving.get("/health/ready").await;
        assert!(ready.starts_with("HTTP/1.1 200 OK"), "{ready}");
        serving.running.signal(Signal::TERM);
        serving.running.end().await.expect(0);
    }
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let place = Place::platform().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = serve(&place).env("TRUNKLINE_METRICS_LISTEN", free.to_string());
    let serving = Serving::start(run).await;
    assert!(serving.get("/metrics").await.starts_with("HTTP/1.1 404"));
    let page = get(&free.to_string(), "/metrics").await;
    let counted = r#"trunkline_http_requests_total{method="GET",route="unmatched",status="404"} 1"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_with_a_way_out() {
    let place = Place::platform().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = format!("serve --listen {address}");
    let run = place.command(&line).env("TRUNKLINE_KEYS", KEY).known(address, "[address]");
    assert_snapshot!("address_taken", run.run().await.expect(1));
}

#[tokio::test]
async fn traces_go_to_the_collector_that_is_configured() {
    let place = Place::platform().await;
    let collector = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let received = tokio::spawn(async move {
        let mut received = Vec::new();
        // What is done beside requests is traced too, so there may be batches before.
        while !(contains(&received, b"db.query") && contains(&received, b"/health/ready")) {
            let (mut stream, _) = collector.accept().await.unwrap();
            let pause = Duration::from_millis(300);
            while let Ok(Ok(1..)) = timeout(pause, stream.read_buf(&mut received)).await {}
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
        received
    });
    let serving = Serving::start(serve(&place).env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)).await;
    serving.get("/health/ready").await;
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
    let received = received.await.unwrap();
    assert!(received.starts_with(b"POST /v1/traces HTTP/1.1"));
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// The next answer on a connection that may stay open.
async fn answer_on(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "it was closed");
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap().parse::<usize>().unwrap() {
            return text.into_owned();
        }
    }
}

#[tokio::test]
async fn what_a_refusal_left_unread_does_not_end_the_connection_unless_the_answer_says_so() {
    let place = Place::platform().await;
    let serving = Serving::start(serve(&place)).await;
    let mut stream = TcpStream::connect(&serving.address).await.unwrap();
    for body in [b"{}".to_vec(), vec![b' '; 100_000]] {
        for _ in 0..2 {
            let head = format!(
                "POST /api/v1/partner-accounts HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.write_all(&body).await.unwrap();
            let answer = answer_on(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
            assert!(!answer.contains("connection: close"), "{answer}");
        }
    }
    for expectation in ["", "Expect: 100-continue\r\n"] {
        let mut stream = TcpStream::connect(&serving.address).await.unwrap();
        let head = format!(
            "POST /api/v1/partner-accounts HTTP/1.1\r\nHost: x\r\n{expectation}Content-Length: 300000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = answer_on(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn whoever_sends_a_body_too_slowly_is_told_and_holds_no_connection() {
    let place = Place::platform().await;
    place.write("trunkline.toml", "[server]\nrequest_seconds = 1\n");
    let serving = Serving::start(serve(&place)).await;
    let mut stream = TcpStream::connect(&serving.address).await.unwrap();
    let begun = "POST /admin/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\nthen=";
    stream.write_all(begun.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await;
    read.expect("the connection is closed").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains(r#""type":"/problems/too-slow""#), "{answer}");
}

#[tokio::test]
async fn thousands_of_headers_are_refused_and_the_next_request_is_answered() {
    let place = Place::platform().await;
    let serving = Serving::start(serve(&place)).await;
    let headers: Vec<String> = (0..3000).map(|number| format!("x-{number}: v\r\n")).collect();
    let request = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{}\r\n", headers.concat());
    let mut stream = TcpStream::connect(&serving.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    assert!(serving.get("/health/live").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_takes_longer_than_the_limit_of_a_stop_is_cut_off() {
    let place = Place::platform().await;
    place.write("trunkline.toml", "[server]\ndrain_seconds = 1\n");
    let mut serving = Serving::start(serve(&place)).await;
    let holder = place.database.connect().await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE trunkline.secret_keys").await.unwrap();
    let mut stream = TcpStream::connect(&serving.address).await.unwrap();
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    place.wait_for_statement("secret_keys").await;
    serving.running.signal(Signal::TERM);
    serving.line("what was still being answered was cut off").await;
    serving.running.end().await.expect(0);
}
