//! Webhooks and what may befall a process: whatever was answered with 200 is applied, and once.
//!
//! `TRUNKLINE_TEST_ROUNDS=30` kills the service thirty times; a few times unless told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt;
use rustix::process::Signal;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place as SecretPlace, Secret};
use trunkline_postgres::{Cluster, Options};

use crate::place::{Place, Run};
use crate::serving::{KEY, Serving, serve};

const SECRET: &str = "test_app_secret";
const SENDERS: u64 = 8;

/// An account, a client and ten numbers.
const ROWS: &str = "
    INSERT INTO public.meta_whatsapp_clients (id, company_id, business_account_id, status)
    SELECT 900, min(id), '1001', 'active' FROM companies;
    INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, status)
    SELECT 900, (2000 + n)::TEXT, '+1555' || (1000000 + n), 'verified' FROM generate_series(0, 9) AS n;
    INSERT INTO public.partner_configurations (id, provider, partner_id, is_active)
    VALUES (900, 'meta', '506914307656634', true);
    UPDATE trunkline.partner_account_details SET slug = 'a-slug' WHERE partner_configuration_id = 900;";

async fn add_rows(client: &Client) {
    client.batch_execute(ROWS).await.unwrap();
    let ring = KeyRing::parse(KEY).unwrap();
    let place = SecretPlace {
        schema: "public",
        table: "partner_configurations",
        column: "partner_secret",
        row: "900",
    };
    let sealed = ring.seal(&place, &Secret::new(SECRET.to_owned()), &mut Random::system());
    let update = "UPDATE public.partner_configurations SET partner_secret = $1 WHERE id = 900";
    client.execute(update, &[&sealed]).await.unwrap();
}

fn request(message: &str, number: u64) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let number = 2000 + number % 10;
    let body = format!(
        r#"{{"entry":[{{"id":"1001","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{number}"}},"statuses":[{{"id":"{message}","status":"sent","timestamp":"1767322000"}}]}}}}]}}]}}"#
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let code = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    format!(
        "POST /webhooks/meta/a-slug HTTP/1.1\r\nHost: test\r\nX-Hub-Signature-256: sha256={code}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Whether a webhook was answered with 200.
async fn send(stream: &mut TcpStream, message: &str, number: u64) -> std::io::Result<bool> {
    stream.write_all(request(message, number).as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        // A refusal has a body; the connection is not used again.
        if answer.starts_with(b"HTTP/1.1 5") {
            return Ok(false);
        }
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    Ok(true)
}

/// Senders that go on until they are dropped; what was answered with 200.
struct Load {
    tasks: JoinSet<()>,
    answered: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Load {
    fn start(address: &str, next: &Arc<AtomicU64>) -> Self {
        let answered = Arc::<std::sync::Mutex<Vec<String>>>::default();
        let mut tasks = JoinSet::new();
        for _ in 0..SENDERS {
            let (address, next, answered) =
                (address.to_owned(), Arc::clone(next), Arc::clone(&answered));
            tasks.spawn(async move {
                loop {
                    let Ok(mut stream) = TcpStream::connect(&address).await else {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        continue;
                    };
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let message = format!("wamid.{number}");
                        match send(&mut stream, &message, number).await {
                            Ok(true) => answered.lock().unwrap().push(message),
                            Ok(false) | Err(_) => break,
                        }
                    }
                }
            });
        }
        Self { tasks, answered }
    }

    async fn end(mut self) -> Vec<String> {
        self.tasks.shutdown().await;
        std::mem::take(&mut *self.answered.lock().unwrap())
    }
}

/// Waits until nothing waits, and compares what was answered with what was applied.
async fn check(client: &Client, answered: &[String]) {
    for _ in 0..1200 {
        let query = "SELECT count(*) FROM trunkline.webhook_queue";
        if client.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let query = "
        SELECT
            (SELECT count(*) FROM unnest($1::TEXT[]) AS answered (id)
                WHERE NOT EXISTS (SELECT FROM trunkline.events WHERE message_id = answered.id)),
            (SELECT count(*) - count(DISTINCT message_id) FROM trunkline.events),
            (SELECT count(*) FROM trunkline.webhook_queue) + (SELECT count(*) FROM trunkline.webhook_dead_letters)
                + (SELECT count(*) FROM trunkline.webhook_quarantine)";
    let row = client.query_one(query, &[&answered]).await.unwrap();
    let [lost, doubled, left] = [0, 1, 2].map(|place| row.get::<_, i64>(place));
    assert_eq!((lost, doubled, left), (0, 0, 0), "of {} that were answered", answered.len());
}

fn rounds() -> u32 {
    std::env::var("TRUNKLINE_TEST_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap())
}

#[tokio::test]
async fn a_service_that_is_killed_under_load_has_applied_what_it_answered_once() {
    let place = Place::migrated().await;
    let client = place.database.connect().await.unwrap();
    add_rows(&client).await;
    let (next, mut answered) = (Arc::default(), Vec::new());
    for _ in 0..rounds() {
        let serving = Serving::start(serve(&place)).await;
        let load = Load::start(&serving.address, &next);
        let moment = rand::rng().random_range(100..700);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        serving.running.signal(Signal::KILL);
        answered.extend(load.end().await);
        drop(serving);
    }
    let serving = Serving::start(serve(&place)).await;
    assert!(answered.len() > 20, "{} were answered", answered.len());
    check(&client, &answered).await;
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
}

#[tokio::test]
async fn a_database_that_is_restarted_under_load_holds_what_was_answered_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { durable: true, ..Options::new(directory.path().join("postgres")) };
    let cluster = Cluster::open(&options, &()).await.unwrap();
    cluster.ensure_database("trunkline").await.unwrap();
    let url = cluster.url("trunkline");
    let run = |line: &str| Run::new(directory.path(), line).env("DATABASE_URL", &url);
    run("database sample --companies 5").run().await.expect(0);
    run("migrate up").run().await.expect(0);
    add_rows(&cluster.connect("trunkline").await.unwrap()).await;

    let serving =
        Serving::start(run("serve --listen 127.0.0.1:0").env("TRUNKLINE_KEYS", KEY)).await;
    let load = Load::start(&serving.address, &Arc::default());
    tokio::time::sleep(Duration::from_millis(500)).await;
    trunkline_postgres::stop(&options.directory).await.unwrap();
    let before = load.answered.lock().unwrap().len();
    let again = Cluster::open(&options, &()).await.unwrap();
    for _ in 0..400 {
        if load.answered.lock().unwrap().len() > before + 50 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answered = load.end().await;
    assert!(before > 0 && answered.len() > before, "{before} before, {} in all", answered.len());
    check(&again.connect("trunkline").await.unwrap(), &answered).await;
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
    trunkline_postgres::stop(&options.directory).await.unwrap();
}

#[tokio::test]
async fn dead_letters_are_listed_shown_and_worked_on_again_from_the_command_line() {
    let place = Place::migrated().await;
    place
        .sql(
            "SELECT trunkline.add_webhook_partition('2026-01-02');
            INSERT INTO trunkline.webhook_inbox (day, received_at, account_id, source, digest, lanes, body)
            VALUES ('2026-01-02', '2026-01-02T03:04:05Z', 7, 'meta', '\\x01', '\\x00', 'no JSON');
            INSERT INTO trunkline.webhook_dead_letters
            VALUES (1, 0, '2026-01-02', 1, 'the body is no JSON', '2026-01-02T03:04:06Z');",
        )
        .await;
    let listed = place.run("webhooks dead-letters --format json").await.expect(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed["webhooks"][0]["error"], "the body is no JSON");
    let shown = place.run("webhooks show 1").await.expect(0);
    assert!(shown.stdout.contains("no JSON") && shown.stdout.contains("dead"), "{shown}");
    place.run("webhooks replay").await.expect(2);
    place.run("webhooks replay 2").await.expect(1);
    place.run("webhooks replay --state dead").await.expect(0);
    let waiting = place.run("webhooks list --state waiting --format json").await.expect(0);
    let waiting: serde_json::Value = serde_json::from_str(&waiting.stdout).unwrap();
    assert_eq!(waiting["webhooks"][0]["id"], 1);
    assert_eq!(place.number("SELECT count(*) FROM trunkline.webhook_dead_letters").await, 0);
    let audited = "SELECT count(*) FROM trunkline.audit_log WHERE action = 'webhook.replayed'";
    assert_eq!(place.number(audited).await, 1);
}
