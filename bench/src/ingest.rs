//! `trunkline-bench ingest`: webhooks received and worked on, against a bare axum server and Express on Node.

mod body;
mod contestant;
mod database;
mod drain;
mod load;
mod process;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::measure::{Spread, order};
use crate::report::{Quantity, Row, comparison, table, write_section};
use crate::server::{self, Server};
use crate::{machine, workspace};
use contestant::Contestant;
use load::Measured;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// How many rounds; each contestant has its turn in every one
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// How many seconds a turn lasts
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    seconds: u64,
    /// How many webhooks are drained, about 100,000 channels
    #[arg(long, default_value_t = 200_000, value_name = "N")]
    burst: u32,
    /// How many rows of history there are when it is drained a second time
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    rows: u64,
    /// Leave out Express, which npm installs
    #[arg(long)]
    no_peer: bool,
    /// Write the tables into docs/benchmarks.md
    #[arg(long, conflicts_with = "no_peer")]
    write: bool,
    /// Exit with 1 when a target is missed
    #[arg(long)]
    check: bool,
    /// Measure the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !arguments.no_build {
        workspace::build()?;
    }
    let server = Server::open().await?;
    let heading = heading(arguments, &server).await?;
    println!("{heading}");
    let scratch = server::directory()?;
    let database = database::make(&server).await?;
    let mut contestants = vec![
        Contestant::trunkline(&server, &database, scratch.path()),
        Contestant::floor(&server, &database),
    ];
    if !arguments.no_peer {
        contestants.push(Contestant::express(&server, &database)?);
    }
    let measured = race(arguments, &server, &database, &contestants).await?;
    let mut rows = compare(&contestants, &measured);
    let details = details(&contestants, &measured);
    println!("{details}");
    rows.extend(drain::measure(&server, scratch.path(), arguments, &measured[0]).await?);
    let text = comparison(&rows);
    println!("{text}");
    server.close().await?;
    if arguments.write {
        write_section("ingest", &format!("{heading}\n{text}\n{details}"))?;
    }
    let missed = arguments.check && rows.iter().any(Row::is_missed);
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Every contestant in every round, on tables that were emptied.
async fn race(
    arguments: &Arguments,
    server: &Server,
    database: &str,
    contestants: &[Contestant],
) -> Result<Vec<Vec<Measured>>> {
    let mut measured = vec![Vec::new(); contestants.len()];
    let mut first_body = 0;
    for round in 0..=arguments.rounds.max(1) {
        for place in order(round, contestants.len()) {
            let contestant = &contestants[place];
            eprintln!("round {round}: {}", contestant.name);
            database::empty(server, database).await?;
            // The first round warms up.
            let seconds = if round == 0 { 1 } else { arguments.seconds };
            let duration = Duration::from_secs(seconds);
            let result = contestant.measure(server, database, duration, first_body).await?;
            first_body += 10_000_000;
            if round > 0 {
                measured[place].push(result);
            }
        }
    }
    Ok(measured)
}

/// Ours, held against the others: the ratios of rates are turned so that less is better.
fn compare(contestants: &[Contestant], measured: &[Vec<Measured>]) -> Vec<Row> {
    let rate = |place: usize| {
        let rate = Spread::of(measured[place].iter().map(|one| one.rate).collect()).median;
        format!("{rate:.0}/s")
    };
    let limits = [None, Some(1.25), Some(1.0 / 6.0)];
    let mut rows: Vec<Row> = (1..contestants.len())
        .map(|other| {
            let pairs = measured[0].iter().zip(&measured[other]);
            let ratios = pairs.map(|(ours, other)| other.rate / ours.rate).collect();
            Row {
                subject: format!("rate of {}, to ours", contestants[other].name),
                ours: rate(0),
                floor: rate(other),
                result: Quantity::Times(Spread::of(ratios)),
                limit: limits[other],
            }
        })
        .collect();
    rows.push(Row {
        subject: "99th percentile under load".to_owned(),
        ours: String::new(),
        floor: String::new(),
        result: Quantity::Seconds(Spread::of(measured[0].iter().map(|one| one.p99).collect())),
        limit: Some(0.020),
    });
    rows
}

fn details(contestants: &[Contestant], measured: &[Vec<Measured>]) -> String {
    let cells = contestants.iter().zip(measured).map(|(contestant, measured)| {
        let median =
            |of: fn(&Measured) -> f64| Spread::of(measured.iter().map(of).collect()).median;
        vec![
            contestant.name.to_owned(),
            format!("{:.0}", median(|one| one.rate)),
            format!("{:.2} ms", median(|one| one.p50) * 1e3),
            format!("{:.2} ms", median(|one| one.p99) * 1e3),
            format!("{:.0} µs", median(|one| one.processor) * 1e6),
            format!("{:.3}", median(|one| one.commits)),
        ]
    });
    let head = ["", "requests/s", "p50", "p99", "processor time a request", "commits a request"];
    table(&head, &cells.collect::<Vec<_>>())
}

/// The machine, the versions and the command.
async fn heading(arguments: &Arguments, server: &Server) -> Result<String> {
    let commit = if arguments.no_build {
        "programs of an earlier build".to_owned()
    } else {
        format!("commit {}", workspace::commit())
    };
    Ok(format!(
        "- Machine: {}\n- PostgreSQL {} (private server, Unix socket, fsync on), {commit}\n\
         - `cargo run --release -p trunkline-bench -- ingest --rounds {} --seconds {} --rows {}`\n",
        machine::describe(),
        server.version().await?,
        arguments.rounds,
        arguments.seconds,
        arguments.rows,
    ))
}
