//! `trunkline-bench import`: connections taken over, against the plain SQL that copies the same rows.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_store::partner_migrations;

use crate::measure::{Samples, order};
use crate::program::{peak_memory, program, time};
use crate::report::{Quantity, Row, comparison, seconds, write_section};
use crate::server::{self, Server};
use crate::{machine, workspace};

/// A key of no one's.
const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CONNECTIONS_OF_A_COMPANY: u32 = 10;

#[derive(Args)]
pub(crate) struct Arguments {
    /// So many connections
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    connections: u32,
    /// How many rounds
    #[arg(long, default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// Write the table into docs/benchmarks.md
    #[arg(long)]
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
    let scratch = server::directory()?;
    let heading = heading(arguments, &server).await?;
    println!("{heading}");
    let rows = measure(&server, scratch.path(), arguments).await?;
    let text = comparison(&rows);
    println!("{text}");
    server.close().await?;
    if arguments.write {
        write_section("import", &format!("{heading}\n{text}"))?;
    }
    let missed = arguments.check && rows.iter().any(Row::is_missed);
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn measure(server: &Server, scratch: &Path, arguments: &Arguments) -> Result<Vec<Row>> {
    let connections = arguments.connections;
    let template = platform(server, connections).await?;
    let mut samples = Samples::new(3);
    for round in 0..arguments.rounds.max(1) {
        for contestant in order(round, 2) {
            let database = server.make_database(&template).await?;
            if contestant == 0 {
                let url = server.url(&database);
                samples.push(0, time(command(scratch, &url, &["run"])?)?);
                settle(server, &database).await?;
                samples.push(2, time(command(scratch, &url, &["run"])?)?);
                expect_all(server, &database, connections).await?;
            } else {
                samples.push(1, plain(server, &database).await?);
                expect_all(server, &database, connections).await?;
            }
            server.drop_database(&database).await?;
        }
    }
    let small = platform(server, connections.div_ceil(10)).await?;
    let mut peaks = Vec::new();
    for template in [&small, &template] {
        let database = server.make_database(template).await?;
        peaks.push(peak_memory(&command(scratch, &server.url(&database), &["run"])?, scratch)?);
        server.drop_database(&database).await?;
    }
    let shown = |contestant: usize| seconds(samples.time(contestant).median);
    Ok(vec![
        Row {
            subject: format!("{connections} connections"),
            ours: shown(0),
            floor: format!("INSERT … SELECT {}", shown(1)),
            result: Quantity::Times(samples.ratio(0, 1)),
            limit: Some(1.25),
        },
        Row {
            subject: "the same again, nothing to do".to_owned(),
            ours: shown(2),
            floor: format!("INSERT … SELECT {}", shown(1)),
            result: Quantity::Times(samples.ratio(2, 1)),
            limit: None,
        },
        Row {
            subject: "peak memory".to_owned(),
            ours: format!("{:.1} MiB", peaks[1]),
            floor: format!("a tenth of the rows {:.1} MiB", peaks[0]),
            result: Quantity::Mebibytes(peaks[1] - peaks[0]),
            limit: Some(64.0),
        },
    ])
}

/// A migrated platform whose connections wait.
async fn platform(server: &Server, connections: u32) -> Result<String> {
    let database = server.make_database("template0").await?;
    let client = server.connect(&database).await?;
    let companies = (connections / CONNECTIONS_OF_A_COMPANY).max(1);
    let platform = include_str!("import/platform.sql")
        .replace("{rows}", &connections.to_string())
        .replace("{companies}", &companies.to_string());
    client.batch_execute(&platform).await?;
    let target = Target::parse(&server.url(&database))?;
    let migrator = Migrator::new(partner_migrations()?, target, Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
    drop(client);
    settle(server, &database).await?;
    Ok(database)
}

/// Does now what autovacuum would do in the midst of a measurement.
async fn settle(server: &Server, database: &str) -> Result<()> {
    server.connect(database).await?.batch_execute("VACUUM (ANALYZE)").await?;
    server.checkpoint().await
}

/// The floor, all of it one transaction.
async fn plain(server: &Server, database: &str) -> Result<Duration> {
    let client = server.connect(database).await?;
    let began = Instant::now();
    client.batch_execute(include_str!("import/plain.sql")).await?;
    Ok(began.elapsed())
}

fn command(scratch: &Path, url: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = program(workspace::program("trunkline")?);
    command.current_dir(scratch).env("TRUNKLINE_KEYS", KEY);
    command.args(["--database-url", url, "import"]).args(arguments);
    Ok(command)
}

async fn expect_all(server: &Server, database: &str, connections: u32) -> Result<()> {
    let query = "SELECT (SELECT count(*) FROM meta_whatsapp_phone_numbers)
        + (SELECT count(*) FROM dialog_360_channels) + (SELECT count(*) FROM trunkline.twilio_senders)";
    let found: i64 = server.connect(database).await?.query_one(query, &[]).await?.get(0);
    ensure!(found == i64::from(connections), "{found} channels of {connections} connections");
    Ok(())
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
         - `cargo run --release -p trunkline-bench -- import --connections {} --rounds {}`\n",
        machine::describe(),
        server.version().await?,
        arguments.connections,
        arguments.rounds,
    ))
}
