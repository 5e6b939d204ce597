//! Telling of alerts and what may befall a process: each thing is told, and what is told twice has the same id.
//!
//! `TRUNKLINE_TEST_ROUNDS=30` kills the service thirty times; a few times unless told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Client;
use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place as SecretPlace, Secret};

use crate::place::{Place, Run};
use crate::serving::{KEY, Serving, serve};

/// A program that is told: it takes a moment, and counts how often each id came with which body.
#[derive(Clone)]
struct Peer {
    url: String,
    seen: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Peer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let peer = Self { url, seen: Arc::default() };
        let serving = peer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        peer
    }

    /// Takes one request after the other; what broke off was not told.
    async fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut id, mut length, mut line) = (String::new(), 0, String::new());
            while line != "\r\n" {
                line.clear();
                if stream.read_line(&mut line).await.ok()? == 0 {
                    return None;
                }
                match line.trim_end().split_once(": ") {
                    Some(("webhook-id", value)) => value.clone_into(&mut id),
                    Some(("content-length", value)) => length = value.parse().ok()?,
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let body = String::from_utf8(body).ok()?;
            self.seen.lock().unwrap().entry(id).or_default().push(body);
            tokio::time::sleep(Duration::from_millis(5)).await;
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        }
    }
}

/// A destination that is told of everything.
async fn add_destination(client: &Client, url: &str) {
    let ring = KeyRing::parse(KEY).unwrap();
    let place = SecretPlace {
        schema: "trunkline",
        table: "alert_destinations",
        column: "secret",
        row: "1",
    };
    let secret = Secret::new("whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB".to_owned());
    let sealed = ring.seal(&place, &secret, &mut Random::system());
    let insert = "
        INSERT INTO trunkline.alert_destinations (id, name, kind, url, secret, minimum_severity, is_active, created_at, updated_at)
        VALUES (1, 'test', 'webhook', $1, $2, 'warning', true, now(), now())";
    client.execute(insert, &[&url, &sealed]).await.unwrap();
}

/// Opens so many alerts, and resolves half of them in the same moment.
async fn open(client: &Client, round: i32, number: i32) {
    let insert = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, opened_at, changed_at)
        SELECT 'disconnected', 'critical', 'meta', 'channel', $1 * 10000 + number, now(), now()
        FROM generate_series(1, $2) AS number";
    client.execute(insert, &[&round, &number]).await.unwrap();
    let resolve = "
        UPDATE trunkline.alerts
        SET resolved_at = now(), changed_at = now()
        WHERE subject_id % 2 = 0 AND subject_id / 10000 = $1";
    client.execute(resolve, &[&round]).await.unwrap();
}

fn told(place: &Place) -> Run {
    serve(place).env("TRUNKLINE_ALLOW_PRIVATE_ADDRESSES", "true")
}

/// Waits until everything was taken, or nothing more is for longer than somebody who was killed holds what he took, and
/// compares what came with what happened.
async fn check(client: &Client, peer: &Peer) -> usize {
    let (mut left, mut idle) = (i64::MAX, 0);
    while left > 0 && idle < 2400 {
        let query = "SELECT count(*) FROM trunkline.alert_deliveries WHERE state <> 'delivered'";
        let now = client.query_one(query, &[]).await.unwrap().get(0);
        idle = if now < left { 0 } else { idle + 1 };
        left = now;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let query = "SELECT count(*), count(*) FILTER (WHERE state = 'delivered') FROM trunkline.alert_deliveries";
    let row = client.query_one(query, &[]).await.unwrap();
    let (all, delivered): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(all, delivered);
    let seen = peer.seen.lock().unwrap().clone();
    assert_eq!(i64::try_from(seen.len()).unwrap(), all, "each change has one id");
    let again = seen.values().filter(|bodies| bodies.len() > 1);
    for bodies in again.clone() {
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    }
    again.count()
}

#[tokio::test]
async fn a_service_that_is_killed_while_it_tells_has_told_everything() {
    let place = Place::migrated().await;
    let client = place.database.connect().await.unwrap();
    let peer = Peer::start().await;
    add_destination(&client, &peer.url).await;
    let rounds = std::env::var("TRUNKLINE_TEST_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let serving = Serving::start(told(&place)).await;
        open(&client, round, 150).await;
        let moment = rand::rng().random_range(1100..1900);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        serving.running.signal(Signal::KILL);
        drop(serving);
        // As after the time for which whoever was killed had taken what it told.
        let later = "UPDATE trunkline.alert_deliveries SET due_at = now() WHERE state = 'waiting'";
        client.batch_execute(later).await.unwrap();
    }
    let serving = Serving::start(told(&place)).await;
    let again = check(&client, &peer).await;
    let rounds = usize::try_from(rounds).unwrap();
    assert!(again <= rounds, "{again} came again, and one at a time is told");
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
}

#[tokio::test]
async fn two_replicas_tell_of_everything_once() {
    let place = Place::migrated().await;
    let client = place.database.connect().await.unwrap();
    let peer = Peer::start().await;
    add_destination(&client, &peer.url).await;
    let replicas = [Serving::start(told(&place)).await, Serving::start(told(&place)).await];
    for round in 0..3 {
        open(&client, round, 60).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(check(&client, &peer).await, 0);
    for replica in replicas {
        replica.running.signal(Signal::TERM);
        replica.running.end().await.expect(0);
    }
}
