use trunkline_migrate::ExitStatus;
use trunkline_store::webhooks::{Webhook, find_webhook};
use trunkline_store::{Store, StoreError};

use super::{failed, list, not_found};
use crate::failure::Failure;
use crate::output::{Printer, time};

pub(super) async fn run(store: &Store, id: i64, printer: &Printer) -> Result<ExitStatus, Failure> {
    let (webhook, body) = find(store, id).await.map_err(failed)?.ok_or_else(|| not_found(id))?;
    let body = String::from_utf8_lossy(&body);
    let mut document = list::document(&webhook);
    document["body"] = (*body).into();
    printer.document(&document);
    printer.line(format_args!(
        "{} to account {}, {}, {}",
        webhook.source,
        webhook.account_id,
        time(webhook.received_at),
        webhook.state
    ));
    if let Some(error) = &webhook.error {
        printer.line(format_args!("{} attempts: {error}", webhook.attempts));
    }
    // A body may hold what steers a terminal.
    let shown: String =
        body.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    printer.line(shown);
    Ok(ExitStatus::Done)
}

async fn find(store: &Store, id: i64) -> Result<Option<(Webhook, Vec<u8>)>, StoreError> {
    let connection = store.connection().await?;
    find_webhook(connection.executor(), id).await
}
