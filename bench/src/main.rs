//! `trunkline-bench`: side-by-side benchmarks, as ratios to floors and peers measured in the same run.

mod api;
mod import;
mod ingest;
mod machine;
mod measure;
mod migrate;
mod peers;
mod program;
mod report;
mod server;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Side-by-side benchmarks of Trunkline; see docs/benchmarks.md.
#[derive(Parser)]
#[command(name = "trunkline-bench", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The REST API and the pages at a million channels, against a handler that runs SELECT 1
    Api(api::Arguments),
    /// Webhooks received and worked on, against a bare axum server and Express on Node
    Ingest(ingest::Arguments),
    /// The import of a million connections, against the plain SQL that copies the same rows
    Import(import::Arguments),
    /// The migration engine against psql, a bare connection and other engines
    Migrate(migrate::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Api(arguments) => api::run(&arguments).await,
            Command::Ingest(arguments) => ingest::run(&arguments).await,
            Command::Import(arguments) => import::run(&arguments).await,
            Command::Migrate(arguments) => migrate::run(&arguments).await,
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
