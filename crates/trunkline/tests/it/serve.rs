//! The service as a process: its start, its readiness, its end.

use insta::assert_snapshot;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::place::{Place, Run, Running};

/// A key of no one's.
const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_KEY: &str = "tlkey1_AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn serve(place: &Place) -> Run {
    place.command("serve --listen 127.0.0.1:0").env("TRUNKLINE_KEYS", KEY)
}

/// A service that has said where it listens.
struct Serving {
    running: Running,
    address: String,
    log: UnboundedReceiver<String>,
}

impl Serving {
    async fn start(run: Run) -> Self {
        let mut running = run.spawn();
        let mut lines = BufReader::new(running.stderr()).lines();
        let (sender, mut log) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        let address = loop {
            let Some(line) = log.recv().await else { panic!("it ended: {said:#?}") };
            if let Some((_, rest)) = line.split_once("serving at http://") {
                break rest.split(['"', '/']).next().unwrap().to_owned();
            }
            said.push(line);
        };
        Self { running, address, log }
    }

    async fn get(&self, path: &str) -> String {
        get(&self.address, path).await
    }

    /// The first line from here on that holds this text.
    async fn line(&mut self, text: &str) -> String {
        loop {
            let line = self.log.recv().await.unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }
}

/// The whole answer, head and body.
async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

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
        let (mut stream, _) = collector.accept().await.unwrap();
        let mut received = Vec::new();
        while !(contains(&received, b"db.query") && contains(&received, b"/health/ready")) {
            assert!(stream.read_buf(&mut received).await.unwrap() > 0, "it ended early");
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
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
