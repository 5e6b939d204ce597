use trunkline_store::clients::depend_on_account;
use trunkline_store::partner_accounts::{delete_partner_account, find_default};

use super::activity::{lock_with_provider, pass_on};
use super::{AccountDocument, Author, DefaultChange, note};
use crate::problem::Kind;
use crate::{Problem, State};

/// Deletes an account, unless clients depend on it: they belong to it, or it is not known to which account they belong and
/// this is the one that serves such clients.
pub(crate) async fn delete(
    state: &State,
    author: &Author,
    id: i32,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<DefaultChange, Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let account = lock_with_provider(executor, id).await?;
    let document = AccountDocument::new(state, &account);
    check(&document)?;
    let provider = account.provider;
    if depend_on_account(executor, provider, id).await? {
        let name = provider.name();
        let detail = format!(
            "companies have clients that this {name} account serves: those that belong to it or, as it is the default or \
             the only one in use, those of which that is not known; make another account the default, or deactivate this one"
        );
        return Err(Problem::new(Kind::Conflict, detail));
    }
    delete_partner_account(executor, id).await?;
    let was_default = account.is_default && account.is_active;
    let heir = if was_default { pass_on(executor, &account, now).await? } else { None };
    let default = find_default(executor, provider).await?;
    let change = (Some(document.for_audit()), None);
    note(executor, author, "partner_account.deleted", id, change, now).await?;
    transaction.commit().await?;
    Ok(DefaultChange::new(provider, default, heir.is_some()))
}
