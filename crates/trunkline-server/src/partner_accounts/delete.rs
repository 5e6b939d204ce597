use trunkline_store::partner_accounts::{
    delete_partner_account, find_default, find_heir, has_clients,
};

use super::activity::{lock_with_provider, pass_on};
use super::{AccountDocument, Author, DefaultChange, note};
use crate::problem::Kind;
use crate::{Problem, State};

/// Deletes an account, unless clients depend on it: unless companies have clients at the provider and
/// it is the only active account by which they can be served.
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
    if has_clients(executor, provider).await? && find_heir(executor, provider, id).await?.is_none()
    {
        let name = provider.name();
        let detail = format!(
            "companies have clients at {name}, and no other active {name} account serves them; add one first"
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
