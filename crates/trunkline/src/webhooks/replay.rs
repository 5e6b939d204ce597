use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use trunkline_migrate::ExitStatus;
use trunkline_store::audit_log::{Act, Actor, ActorKind, insert_audit_entry};
use trunkline_store::webhooks::{replay_webhook, replay_webhooks};
use trunkline_store::{Executor, Store, StoreError};

use super::filter::Filter;
use super::{failed, not_found};
use crate::failure::Failure;
use crate::output::{GOOD, Printer, count};

#[derive(Args)]
pub(super) struct Arguments {
    /// This one alone
    #[arg(conflicts_with_all = ["state", "source", "account", "since", "until", "contains", "message", "channel"])]
    id: Option<i64>,
    #[command(flatten)]
    filter: Filter,
}

/// So many in one transaction.
const BATCH: i64 = 10_000;

pub(super) async fn run(
    store: &Store,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let replayed = match arguments.id {
        Some(id) => {
            let found = one(store, id).await.map_err(failed)?;
            found.then_some(1).ok_or_else(|| not_found(id))?
        }
        None if arguments.filter.is_wide() => {
            return Err(Failure::usage(
                "nothing says which webhooks are worked on again",
                "give an id, or --state dead, or --since and --until",
            ));
        }
        None => many(store, &arguments.filter).await.map_err(failed)?,
    };
    printer.document(&json!({ "webhooks": replayed }));
    let webhooks = count(usize::try_from(replayed).unwrap_or_default(), "webhook");
    printer.line(format_args!("{GOOD}Done:{GOOD:#} {webhooks} in the queue again."));
    Ok(ExitStatus::Done)
}

async fn one(store: &Store, id: i64) -> Result<bool, StoreError> {
    let mut connection = store.connection().await?;
    let transaction = connection.begin().await?;
    let found = replay_webhook(transaction.executor(), id).await?;
    if found {
        note(transaction.executor(), id.to_string(), 1).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

async fn many(store: &Store, filter: &Filter) -> Result<i64, StoreError> {
    let mut connection = store.connection().await?;
    let (mut all, mut after) = (0, None);
    loop {
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        let replayed = replay_webhooks(executor, &filter.wanted(), after, BATCH).await?;
        if replayed.webhooks > 0 {
            note(executor, "many".to_owned(), replayed.webhooks).await?;
        }
        transaction.commit().await?;
        all += replayed.webhooks;
        after = replayed.last;
        if replayed.webhooks < BATCH {
            return Ok(all);
        }
    }
}

async fn note(executor: Executor<'_>, object_id: String, webhooks: i64) -> Result<(), StoreError> {
    let name = trunkline_migrate::account().to_owned();
    let actor = Actor { kind: ActorKind::Command, id: None, name, address: None, request_id: None };
    let act = Act {
        action: "webhook.replayed",
        object_kind: "webhook",
        object_id,
        company_id: None,
        before: None,
        after: Some(json!({ "webhooks": webhooks })),
    };
    insert_audit_entry(executor, &actor, &act, Timestamp::now()).await
}
