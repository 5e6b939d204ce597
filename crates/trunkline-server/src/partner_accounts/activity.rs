use serde::Serialize;
use trunkline_core::Provider;
use trunkline_store::Executor;
use trunkline_store::partner_accounts::{
    PartnerAccount, clear_default, find_default, find_heir, find_partner_account, lock_provider,
    update_partner_account,
};
use utoipa::ToSchema;

use super::{AccountDocument, Author, lock, note};
use crate::problem::Kind;
use crate::{Problem, State};

/// Which account new companies are onboarded with after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DefaultChange {
    /// The provider's default account; null: there is none, and nobody can be onboarded.
    pub default_account_id: Option<i32>,
    /// The same in words.
    pub note: String,
}

impl DefaultChange {
    /// Says which account is the default now.
    pub(super) fn new(provider: Provider, id: Option<i32>, is_new: bool) -> Self {
        let name = provider.name();
        let note = match id {
            Some(id) if is_new => format!("Account {id} is now the default of {name}."),
            Some(id) => format!("Account {id} stays the default of {name}."),
            None => format!(
                "{name} has no default account now; new companies cannot be onboarded there."
            ),
        };
        Self { default_account_id: id, note }
    }
}

/// Takes an account into use; it becomes the default if its provider has none.
pub(crate) async fn activate(
    state: &State,
    author: &Author,
    id: i32,
) -> Result<(AccountDocument, DefaultChange), Problem> {
    Box::pin(change(state, author, id, "partner_account.activated", Change::Activate)).await
}

/// Takes an account out of use. If it was the default, the oldest other active account of the provider
/// becomes it.
pub(crate) async fn deactivate(
    state: &State,
    author: &Author,
    id: i32,
) -> Result<(AccountDocument, DefaultChange), Problem> {
    Box::pin(change(state, author, id, "partner_account.deactivated", Change::Deactivate)).await
}

/// Makes an account the one that new companies are onboarded with.
pub(crate) async fn make_default(
    state: &State,
    author: &Author,
    id: i32,
) -> Result<(AccountDocument, DefaultChange), Problem> {
    Box::pin(change(state, author, id, "partner_account.made_default", Change::MakeDefault)).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Activate,
    Deactivate,
    MakeDefault,
}

async fn change(
    state: &State,
    author: &Author,
    id: i32,
    action: &str,
    change: Change,
) -> Result<(AccountDocument, DefaultChange), Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let before = lock_with_provider(executor, id).await?;
    let had_default = find_default(executor, before.provider).await?.is_some();
    let mut after = before.clone();
    match change {
        Change::Activate => {
            after.is_active = true;
            after.is_default = if before.is_active { before.is_default } else { !had_default };
        }
        Change::Deactivate => (after.is_active, after.is_default) = (false, false),
        Change::MakeDefault if !before.is_active => {
            let detail = "the account is not in use; activate it first";
            return Err(Problem::new(Kind::Conflict, detail));
        }
        Change::MakeDefault => after.is_default = true,
    }
    let document = AccountDocument::new(state, &before);
    if after == before {
        let default = find_default(executor, before.provider).await?;
        return Ok((document, DefaultChange::new(before.provider, default, false)));
    }
    if change == Change::MakeDefault {
        clear_default(executor, before.provider, now).await?;
    }
    update_partner_account(executor, &after, now).await?;
    let heir = if before.is_default && before.is_active && !after.is_active {
        pass_on(executor, &before, now).await?
    } else {
        None
    };

    let changed = AccountDocument::new(state, &lock(executor, id).await?);
    let default = find_default(executor, before.provider).await?;
    let is_new = heir.is_some() || (changed.is_default && !before.is_default);
    let answer = DefaultChange::new(before.provider, default, is_new);
    let change = (Some(document.for_audit()), Some(changed.for_audit()));
    note(executor, author, action, id, change, now).await?;
    transaction.commit().await?;
    Ok((changed, answer))
}

/// The account, with nobody else changing which one of its provider is the default.
pub(super) async fn lock_with_provider(
    executor: Executor<'_>,
    id: i32,
) -> Result<PartnerAccount, Problem> {
    // The provider first, as creating does: two locks in two orders would wait for each other.
    let found = find_partner_account(executor, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("partner account"))?;
    lock_provider(executor, found.provider).await?;
    lock(executor, id).await
}

/// Makes another active account of the provider the default in place of this one.
pub(super) async fn pass_on(
    executor: Executor<'_>,
    account: &PartnerAccount,
    now: jiff::Timestamp,
) -> Result<Option<i32>, Problem> {
    let Some(heir) = find_heir(executor, account.provider, account.id).await? else {
        return Ok(None);
    };
    let mut heir = lock(executor, heir).await?;
    heir.is_default = true;
    update_partner_account(executor, &heir, now).await?;
    Ok(Some(heir.id))
}
