//! How fast what was received is worked on, that nothing is lost, doubled or out of order, and what history costs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio_postgres::Client;

use super::contestant::Contestant;
use super::load::Measured;
use super::{Arguments, database};
use crate::measure::Spread;
use crate::report::{Quantity, Row, seconds};
use crate::server::Server;

/// How many workers drain.
const WORKERS: u8 = 2;

/// A burst is received by a service whose workers rest, and drained by one that works; then once more with
/// history.
pub(super) async fn measure(
    server: &Server,
    scratch: &Path,
    arguments: &Arguments,
    received: &[Measured],
) -> Result<Vec<Row>> {
    let name = database::make(server).await?;
    let service = Contestant::trunkline(server, &name, scratch);
    let client = server.connect(&name).await?;
    let count = arguments.burst;
    let empty = drain(server, &name, &service, &client, count).await?;
    eprintln!("making {} rows of history", arguments.rows);
    database::empty(server, &name).await?;
    make_history(&client, arguments.rows).await?;
    let full = drain(server, &name, &service, &client, count).await?;

    let rate = Spread::of(received.iter().map(|one| one.rate).collect()).median;
    let one = |seconds: f64| seconds / f64::from(count);
    let once = |ratio: f64| Spread { low: ratio, median: ratio, high: ratio };
    Ok(vec![
        Row {
            subject: format!("{count} webhooks of 100,000 channels worked on, to receiving"),
            ours: format!("{:.0}/s", f64::from(count) / empty),
            floor: format!("{rate:.0}/s"),
            result: Quantity::Times(once(rate * one(empty))),
            limit: Some(1.0),
        },
        Row {
            subject: format!("the same with {} rows of history, to none", arguments.rows),
            ours: seconds(one(full)),
            floor: seconds(one(empty)),
            result: Quantity::Times(once(full / empty)),
            limit: Some(1.2),
        },
    ])
}

/// How many seconds it takes until nothing waits.
async fn drain(
    server: &Server,
    name: &str,
    service: &Contestant,
    client: &Client,
    count: u32,
) -> Result<f64> {
    let before = number(client, "SELECT count(*) FROM trunkline.events").await?;
    eprintln!("receiving {count} webhooks");
    service.receive(count).await?;
    ensure!(
        number(client, "SELECT count(*) FROM trunkline.webhook_queue").await?
            > i64::from(count) - 1,
        "not everything that was answered is there"
    );
    server.checkpoint().await?;
    eprintln!("draining them");
    let _running = service.start(WORKERS).await?;
    let began = Instant::now();
    while number(
        client,
        "SELECT count(*) FROM (SELECT FROM trunkline.webhook_queue LIMIT 1) AS one",
    )
    .await?
        > 0
    {
        ensure!(began.elapsed() < Duration::from_mins(30), "it is not drained in 30 minutes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed().as_secs_f64();
    check(client, before + i64::from(count) + 1).await?;
    eprintln!("drained {name} in {took:.1} s; nothing lost, doubled or out of order");
    Ok(took)
}

/// Nothing lost or doubled, and of each channel in the order in which it came.
async fn check(client: &Client, expected: i64) -> Result<()> {
    let events = number(client, "SELECT count(*) FROM trunkline.events").await?;
    ensure!(events == expected, "{events} events are there, of {expected}");
    let keys = number(client, "SELECT count(DISTINCT key) FROM trunkline.events").await?;
    ensure!(keys == expected, "{} events are there twice", expected - keys);
    let query = "
        SELECT count(*)
        FROM (
            SELECT inbox_id, lag(inbox_id) OVER (PARTITION BY channel_id ORDER BY id) AS before
            FROM trunkline.events
        ) AS events
        WHERE inbox_id < before";
    let displaced = number(client, query).await?;
    ensure!(displaced == 0, "{displaced} events came before earlier ones of their channel");
    Ok(())
}

async fn number(client: &Client, query: &str) -> Result<i64> {
    Ok(client.query_one(query, &[]).await?.get(0))
}

/// Events of the weeks before this one, a week each million.
async fn make_history(client: &Client, rows: u64) -> Result<()> {
    let weeks = rows.div_ceil(1_000_000).clamp(1, 52);
    let of_each = rows / weeks;
    for week in 1..=weeks {
        let monday = format!("date_trunc('week', now() AT TIME ZONE 'UTC')::DATE - {}", week * 7);
        let add = format!(
            "SELECT trunkline.add_event_partition({monday});
            INSERT INTO trunkline.events (week, key, kind, provider, account_id, client_id, channel_id,
                received_at, occurred_at, outcome, message_id, word)
            SELECT {monday}, substring(sha256(('{week} ' || n)::BYTEA) FROM 1 FOR 16), 'message.status', 'meta', 1,
                n % 2000 + 1, n % 100000 + 1, {monday}, {monday}, 'unchanged', 'wamid.' || n, 'delivered'
            FROM generate_series(1, {of_each}) AS n;"
        );
        client.batch_execute(&add).await?;
    }
    client.batch_execute("VACUUM (ANALYZE) trunkline.events").await?;
    Ok(())
}
