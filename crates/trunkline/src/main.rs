//! `trunkline`: the partner back end of a platform that resells WhatsApp.

mod admin;
mod backup;
mod cli;
mod config;
mod configure;
mod connection;
mod database;
mod demo;
mod doctor;
mod failure;
mod global;
mod import;
mod interrupt;
mod keys;
mod migrate;
mod openapi;
mod output;
mod restore;
mod serve;
mod simulate;
mod sync;
mod webhooks;

use cli::{Cli, Command};

fn main() -> std::process::ExitCode {
    // Only the supervisor of the private PostgreSQL is started with arguments of its own.
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(failure) => {
            let printer = output::Printer::new(output::Format::Json);
            return std::process::ExitCode::from(printer.failure(&failure) as u8);
        }
    };
    let command = cli.command.unwrap_or_default();
    let mut builder = match command {
        Command::Serve(_) | Command::Import(_) | Command::Demo(_) | Command::Simulate(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    let printer = output::Printer::new(cli.format);
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(&cli.global, &arguments, &printer).await,
            Command::Migrate(arguments) => migrate::run(&cli.global, arguments, &printer).await,
            Command::Keys(arguments) => keys::run(&cli.global, arguments, &printer).await,
            Command::Admin(arguments) => admin::run(&cli.global, arguments, &printer).await,
            Command::Import(arguments) => import::run(&cli.global, arguments, &printer).await,
            Command::Webhooks(arguments) => webhooks::run(&cli.global, arguments, &printer).await,
            Command::Sync(arguments) => sync::run(&cli.global, &arguments, &printer).await,
            Command::Backup(arguments) => backup::run(&cli.global, &arguments, &printer).await,
            Command::Restore(arguments) => restore::run(&cli.global, &arguments, &printer).await,
            Command::Database(arguments) => database::run(&cli.global, arguments, &printer).await,
            Command::Config(arguments) => configure::run(&cli.global, &arguments, &printer),
            Command::Openapi(arguments) => openapi::run(&arguments, &printer),
            Command::Doctor(arguments) => doctor::run(&cli.global, &arguments, &printer).await,
            Command::Demo(arguments) => demo::run(&cli.global, &arguments, &printer).await,
            Command::Simulate(arguments) => simulate::run(&arguments, &printer).await,
        }
    });
    // A statement that hangs in the background must not hold the process.
    runtime.shutdown_background();
    let status = outcome.unwrap_or_else(|failure| printer.failure(&failure));
    std::process::ExitCode::from(printer.finish(status) as u8)
}
