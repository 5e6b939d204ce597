//! `trunkline-bench migrate`: the rows of the migration engine, each with its target.

pub(crate) mod contestant;
mod library;
mod memory;
mod private;
pub(crate) mod race;
mod revert;
mod rows;
pub(crate) mod set;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::report::{Row, comparison, write_section};
use crate::server::{self, Server};
use crate::{machine, peers, workspace};

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Race against sqlx-cli, refinery, dbmate and node-pg-migrate too; installs them where they are missing
    #[arg(long)]
    peers: bool,
    /// How many rounds; five are the fewest that say something
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// Write the tables into docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// Exit with 1 when a target is missed
    #[arg(long)]
    check: bool,
    /// Measure the programs as they were built last
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
    let installed = if arguments.peers { Some(peers::Installed::find_or_install()?) } else { None };
    let server = Server::open().await?;
    let heading = heading(arguments, &server).await?;
    println!("{heading}");
    let scratch = server::directory()?;
    let rounds = arguments.rounds.max(1);
    let rows = rows::measure(&server, scratch.path(), rounds, &arguments.only).await?;
    let mut text = comparison(&rows);
    println!("{text}");
    if let Some(installed) = &installed {
        let table = peers::race(installed, &server, scratch.path(), rounds).await?;
        println!("{table}");
        text = format!("{text}\n{table}");
    }
    server.close().await?;
    if arguments.write {
        write_section("migrate", &format!("{heading}\n{text}"))?;
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
         - `cargo run --release -p trunkline-bench -- migrate{} --rounds {}`\n",
        machine::describe(),
        server.version().await?,
        if arguments.peers { " --peers" } else { "" },
        arguments.rounds,
    ))
}
