use clap::Args;
use serde_json::json;
use trunkline_migrate::ExitStatus;
use trunkline_store::webhooks::{Webhook, WebhookState, list_webhooks};
use trunkline_store::{Store, StoreError, Window};

use super::failed;
use super::filter::Filter;
use crate::failure::Failure;
use crate::output::{Printer, QUIET, time};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// So many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

impl Arguments {
    pub(super) fn of(state: WebhookState, limit: u16) -> Self {
        Self { filter: Filter { state: Some(state), ..Filter::default() }, limit }
    }
}

pub(super) async fn run(
    store: &Store,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let webhooks = find(store, arguments).await.map_err(failed)?;
    let documents: Vec<_> = webhooks.iter().map(document).collect();
    printer.document(&json!({ "webhooks": documents }));
    if webhooks.is_empty() {
        printer.line("There is none.");
        return Ok(ExitStatus::Done);
    }
    let rows = webhooks.iter().map(|webhook| {
        vec![
            webhook.id.to_string(),
            time(webhook.received_at),
            webhook.source.to_string(),
            webhook.account_id.to_string(),
            webhook.state.to_string(),
            format!("{} B", webhook.length),
            webhook.error.clone().unwrap_or_default(),
        ]
    });
    printer.table(&["id", "came", "source", "account", "state", "length", ""], rows.collect());
    if webhooks.len() == usize::from(arguments.limit) {
        printer.line(format_args!("{QUIET}(there may be more: --limit, --until){QUIET:#}"));
    }
    Ok(ExitStatus::Done)
}

async fn find(store: &Store, arguments: &Arguments) -> Result<Vec<Webhook>, StoreError> {
    let connection = store.connection().await?;
    let window = Window { after: None, limit: arguments.limit };
    let mut webhooks =
        list_webhooks(connection.executor(), &arguments.filter.wanted(), &window).await?;
    // A window has one row more, which tells that there is another page.
    webhooks.truncate(usize::from(arguments.limit));
    Ok(webhooks)
}

pub(super) fn document(webhook: &Webhook) -> serde_json::Value {
    json!({
        "id": webhook.id,
        "partner_account_id": webhook.account_id,
        "source": webhook.source,
        "received_at": webhook.received_at,
        "content_type": webhook.content_type,
        "delivery": webhook.delivery,
        "length": webhook.length,
        "state": webhook.state,
        "attempts": webhook.attempts,
        "due_at": webhook.due_at,
        "error": webhook.error,
    })
}
