use serde_json::{Map, Value};
use trunkline_core::Provider;
use trunkline_store::partner_accounts::{
    PARTNER_ID_KEY, find_default, insert_partner_account, lock_provider, update_partner_account,
};

use super::fields::identity;
use super::input::{Input, refuse, take_provider};
use super::{AccountDocument, Author, edit, lock, note};
use crate::problem::{FieldProblem, Kind};
use crate::{Problem, State};

/// Adds an account; the first active one of a provider becomes its default.
pub(crate) async fn create(
    state: &State,
    author: &Author,
    mut body: Map<String, Value>,
) -> Result<AccountDocument, Problem> {
    let provider = take_provider(&mut body)?;
    let input = Input::read(provider, body, true, state.providers.guard())?;
    let identity = identity(provider);
    let partner_id = input.fields.iter().find(|(field, _)| field.name == identity.name);
    let Some(partner_id) = partner_id.and_then(|(_, text)| text.clone()) else {
        return Err(refuse(identity.name, "it is missing"));
    };

    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    lock_provider(executor, provider).await?;
    let added = insert_partner_account(executor, provider, partner_id.expose(), now).await;
    let id = added.map_err(|error| taken(provider, error))?;
    let mut account = lock(executor, id).await?;
    edit::apply(state, author, &mut account, &input)?;
    account.is_active = input.is_active;
    account.is_default = input.is_active && find_default(executor, provider).await?.is_none();
    update_partner_account(executor, &account, now).await?;

    let document = AccountDocument::new(state, &lock(executor, id).await?);
    let change = (None, Some(document.for_audit()));
    note(executor, author, "partner_account.created", id, change, now).await?;
    transaction.commit().await?;
    Ok(document)
}

/// A second account with one id at the provider is a conflict that names the field.
pub(super) fn taken(provider: Provider, error: trunkline_store::StoreError) -> Problem {
    if !error.is_constraint(PARTNER_ID_KEY) {
        return error.into();
    }
    let identity = identity(provider);
    let message = format!("another account has this {} already; edit that one", identity.label);
    let detail = format!("{}: {message}", identity.name);
    let fields = vec![FieldProblem { field: identity.name.to_owned(), message }];
    Problem { fields, ..Problem::new(Kind::Conflict, detail) }
}
