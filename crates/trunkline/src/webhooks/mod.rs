//! `trunkline webhooks …`: what the providers sent, and working on it again.

mod filter;
mod list;
mod replay;
mod show;

use clap::{Args, Subcommand};
use trunkline_migrate::ExitStatus;
use trunkline_store::StoreError;
use trunkline_store::webhooks::WebhookState;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::Printer;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List webhooks, the newest first
    List(list::Arguments),
    /// List those that could not be worked on
    DeadLetters {
        /// So many at most
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Show one, with its body as it came: people's messages stand in it
    Show {
        /// Its id
        id: i64,
    },
    /// Have one or many worked on again; what they say is not applied twice
    Replay(replay::Arguments),
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    // Held: the private server ends with its last user.
    let connection = Connection::open(global).await?;
    let store = connection.store();
    match arguments.command {
        Command::List(arguments) => list::run(&store, &arguments, printer).await,
        Command::DeadLetters { limit } => {
            list::run(&store, &list::Arguments::of(WebhookState::Dead, limit), printer).await
        }
        Command::Show { id } => show::run(&store, id, printer).await,
        Command::Replay(arguments) => replay::run(&store, &arguments, printer).await,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: StoreError) -> Failure {
    Failure::failed(error.to_string(), error.hint())
}

fn not_found(id: i64) -> Failure {
    Failure::failed(
        format!("there is no webhook {id}"),
        "list what is there: trunkline webhooks list; what is old was dropped",
    )
}
