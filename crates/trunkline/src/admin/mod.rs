//! `trunkline admin …`: what an administrator does on the server when the pages do not let them.

mod audit;
mod create_user;
mod reset_password;
mod setup_link;

use clap::{Args, Subcommand};
use trunkline_core::{Clock, Random};
use trunkline_migrate::ExitStatus;
use trunkline_server::Settings;
use trunkline_server::people::{Invitation, People, PeopleError};
use trunkline_store::Store;
use trunkline_store::audit_log::{Actor, ActorKind};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{GOOD, Printer};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The audit log: who did what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Add a user, and print the link with which they choose a password
    CreateUser(create_user::Arguments),
    /// Print a link with which a user chooses a new password
    ResetPassword(reset_password::Arguments),
    /// Print a new link with which the first owner is made
    SetupLink,
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let session = Session::open(global).await?;
    match arguments.command {
        Command::Audit(command) => audit::run(&session.store, &command, printer).await,
        Command::CreateUser(arguments) => {
            create_user::run(&session.people(), &arguments, printer).await
        }
        Command::ResetPassword(arguments) => {
            reset_password::run(&session.people(), &arguments, printer).await
        }
        Command::SetupLink => setup_link::run(&session.people(), printer).await,
    }
}

/// What the subcommands work with.
struct Session {
    /// Only held: the private server ends with its last user.
    _connection: Connection,
    store: Store,
    clock: Clock,
    random: Random,
    settings: Settings,
}

impl Session {
    async fn open(global: &Global) -> Result<Self, Failure> {
        let config = Config::load(global)?;
        let settings = Settings::new(&config);
        let connection = Connection::open(global).await?;
        let store = connection.store();
        let (clock, random) = (Clock::system(), Random::system());
        Ok(Self { _connection: connection, store, clock, random, settings })
    }

    fn people(&self) -> People<'_> {
        let Self { store, clock, random, settings, .. } = self;
        People { store, clock, random, public_url: &settings.public_url, actor: actor() }
    }
}

/// Who types, for the audit log.
fn actor() -> Actor {
    let name = trunkline_migrate::account().to_owned();
    Actor { kind: ActorKind::Command, id: None, name, address: None, request_id: None }
}

/// Prints a link that is kept nowhere.
fn print_link(printer: &Printer, invitation: &Invitation, done: &str, afterwards: &str) {
    let Invitation { user, link } = invitation;
    printer.document(&serde_json::json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "link": link,
    }));
    printer.line(format_args!("{GOOD}Done:{GOOD:#} {done}"));
    printer.line("This link, which is shown now and never again, works once within 24 hours:");
    printer.line(format_args!("  {link}"));
    printer.line(afterwards);
}

fn failure(error: PeopleError) -> Failure {
    let message = error.to_string();
    match error {
        PeopleError::Store(error) => Failure::failed(error.to_string(), error.hint()),
        PeopleError::Invalid { field, message } => Failure::usage(
            format!("the {field} cannot be taken: {message}"),
            "`--help` after the command lists what it takes",
        ),
        PeopleError::EmailTaken => {
            Failure::failed(message, "for a new password: trunkline admin reset-password EMAIL")
        }
        PeopleError::NotFound => Failure::failed(
            message,
            "the address is the one with which they sign in; /admin/users lists all",
        ),
        PeopleError::Inactive => {
            Failure::failed(message, "an owner or admin activates them at /admin/users")
        }
        PeopleError::FirstIsNoOwner => Failure::usage(message, "say --role owner"),
    }
}
