use clap::Args;
use trunkline_core::Role;
use trunkline_migrate::ExitStatus;
use trunkline_server::people::{Newcomer, People};

use super::{failure, print_link};
use crate::failure::Failure;
use crate::output::Printer;

#[derive(Args)]
pub(super) struct Arguments {
    /// The address with which they sign in
    email: String,
    /// What they are called
    #[arg(long)]
    name: String,
    /// What they may do: viewer, operator, admin or owner
    #[arg(long)]
    role: Role,
}

pub(super) async fn run(
    people: &People<'_>,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let Arguments { email, name, role } = arguments;
    let newcomer = Newcomer { email, name, role: *role };
    let invitation = people.invite(&newcomer).await.map_err(failure)?;
    let done = format!("{} is added as {role}.", invitation.user.email);
    print_link(printer, &invitation, &done, "They choose a password with it.");
    Ok(ExitStatus::Done)
}
