use serde_json::json;
use trunkline_core::syncs::SyncKind;
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::partner_accounts::find_partner_account;
use trunkline_store::syncs::{SyncRun, find_sync, insert_sync};

use crate::State;
use crate::problem::{Kind, Problem};

/// Puts a full sync of a partner account into the queue, with its entry in the audit log; gives it, and whether it is
/// new: one that waits or runs already is found instead.
pub async fn request_sync(
    state: &State,
    actor: &Actor,
    account_id: i32,
    is_dry: bool,
) -> Result<(SyncRun, bool), Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let account = find_partner_account(executor, account_id).await?;
    let account = account.ok_or_else(|| Problem::not_found("partner account"))?;
    if !account.is_active {
        let detail = "the partner account is not in use; activate it, or take another";
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let (id, is_new) =
        insert_sync(executor, account_id, SyncKind::Full, is_dry, &actor.name, now).await?;
    if is_new {
        let act = Act {
            action: "sync.requested",
            object_kind: "sync",
            object_id: id.to_string(),
            company_id: None,
            before: None,
            after: Some(json!({ "partner_account_id": account_id, "dry_run": is_dry })),
        };
        insert_audit_entry(executor, actor, &act, now).await?;
    }
    let run = find_sync(executor, id).await?.ok_or_else(|| Problem::not_found("sync"))?;
    transaction.commit().await?;
    Ok((run, is_new))
}
