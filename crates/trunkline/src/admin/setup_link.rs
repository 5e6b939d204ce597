use trunkline_migrate::ExitStatus;
use trunkline_server::people::People;

use crate::failure::Failure;
use crate::output::{GOOD, Printer};

pub(super) async fn run(people: &People<'_>, printer: &Printer) -> Result<ExitStatus, Failure> {
    let made = people.setup_link().await;
    let made = made.map_err(|error| Failure::failed(error.to_string(), error.hint()))?;
    let Some(link) = made else {
        return Err(Failure::failed(
            "there are users already, so nothing is left to set up",
            "sign in; for a new password: trunkline admin reset-password EMAIL",
        ));
    };
    printer.document(&serde_json::json!({ "link": link }));
    printer.line(format_args!("{GOOD}Done:{GOOD:#} older links have ended."));
    printer.line("With this link, which works once within 24 hours, the first owner is made:");
    printer.line(format_args!("  {link}"));
    Ok(ExitStatus::Done)
}
