use clap::Args;
use trunkline_migrate::ExitStatus;
use trunkline_server::people::People;

use super::{failure, print_link};
use crate::failure::Failure;
use crate::output::Printer;

#[derive(Args)]
pub(super) struct Arguments {
    /// The address with which they sign in
    email: String,
    /// Turn their second factor off too, for somebody who lost the phone and the recovery codes
    #[arg(long)]
    without_second_factor: bool,
}

pub(super) async fn run(
    people: &People<'_>,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let without = arguments.without_second_factor;
    let made = people.password_link_of(&arguments.email, without).await;
    let invitation = made.map_err(failure)?;
    let email = &invitation.user.email;
    let done = if without {
        format!("{email} can choose a new password, and their second factor is off.")
    } else {
        format!("{email} can choose a new password.")
    };
    let afterwards = "The present password works until then; the new one ends every session.";
    print_link(printer, &invitation, &done, afterwards);
    Ok(ExitStatus::Done)
}
