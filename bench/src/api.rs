//! `trunkline-bench api`: the REST API and the pages at a million channels, against a handler that runs `SELECT 1`.

mod client;
mod paths;
mod platform;
mod process;
mod rows;
mod service;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::report::{Row, comparison, write_section};
use crate::server::{self, Server};
use crate::{machine, workspace};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many rounds; five are the fewest that say something
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// How many channels there are; twenty thousand companies share a million
    #[arg(long, default_value_t = 1_000_000, value_name = "N", conflicts_with = "write")]
    channels: u32,
    /// Write the table into docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// Exit with 1 when a target is missed
    #[arg(long)]
    check: bool,
    /// Measure the program as it was built last
    #[arg(long)]
    no_build: bool,
    /// Only the rows of these subjects
    #[arg(long, value_enum, conflicts_with = "write")]
    only: Vec<rows::Subject>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !arguments.no_build {
        workspace::build()?;
    }
    let server = Server::open().await?;
    let heading = heading(arguments, &server).await?;
    println!("{heading}");
    eprintln!("making {} channels", arguments.channels);
    let database = platform::fill(&server, arguments.channels).await?;
    let rounds = arguments.rounds.max(1);
    let scratch = server::directory()?;
    let url = server.url(&database);
    let rows = rows::measure(&url, scratch.path(), rounds, &arguments.only).await?;
    let text = comparison(&rows);
    println!("{text}");
    server.close().await?;
    if arguments.write {
        write_section("api", &format!("{heading}\n{text}"))?;
    }
    let missed = arguments.check && rows.iter().any(Row::is_missed);
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
         - `cargo run --release -p trunkline-bench -- api --rounds {}`\n",
        machine::describe(),
        server.version().await?,
        arguments.rounds,
    ))
}
