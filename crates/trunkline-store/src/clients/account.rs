//! Which partner account a client belongs to: the one that is known for it, otherwise the provider's default.

use std::collections::BTreeMap;

use trunkline_core::Provider;

use crate::database::Parameters;
use crate::{Executor, QualifiedId, StoreError};

/// A client, and the partner account that turned out to be its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The client.
    pub client: QualifiedId,
    /// `partner_configurations.id`.
    pub account_id: i32,
}

/// The partner account that serves a client: its own, otherwise the provider's active default, otherwise the only one
/// that is active. `None`: there is no such client, or no account for it.
pub async fn account_of_client(
    executor: Executor<'_>,
    id: QualifiedId,
) -> Result<Option<i32>, StoreError> {
    let query = "
        SELECT coalesce(client.partner_account_id, trunkline.serving_account(client.provider))
        FROM trunkline.listed_clients AS client
        WHERE client.provider = $1 AND client.id = $2";
    let parameters: Parameters<'_> = &[&id.provider.as_str(), &id.number];
    let row = executor.row("look for the account of a client", query, parameters).await?;
    Ok(row.and_then(|row| row.get(0)))
}

/// Notes of clients by which account they are served, where that was not known; gives how many it now is.
///
/// An account that is gone, or of another provider, is passed over. Nobody is waited for: a client that somebody else is
/// changing, or adds a channel to, is left to the next who learns it. It does not count as a change of the client.
pub async fn bind_clients(executor: Executor<'_>, bindings: &[Binding]) -> Result<u64, StoreError> {
    let mut bound = 0;
    for provider in Provider::ALL {
        let of = bindings.iter().filter(|binding| binding.client.provider == *provider);
        let accounts: BTreeMap<i32, i32> =
            of.map(|binding| (binding.client.number, binding.account_id)).collect();
        if accounts.is_empty() {
            continue;
        }
        let (clients, accounts): (Vec<i32>, Vec<i32>) = accounts.into_iter().unzip();
        let table = table(*provider);
        let query = format!(
            "UPDATE {table} AS client
            SET partner_configuration_id = free.account_id
            FROM (
                SELECT client.id, account.id AS account_id
                FROM unnest($1::INTEGER[], $2::INTEGER[]) AS new (client, account)
                JOIN public.partner_configurations AS account ON account.id = new.account AND account.provider = $3
                JOIN {table} AS client ON client.id = new.client
                WHERE client.partner_configuration_id IS NULL
                FOR UPDATE OF client SKIP LOCKED
            ) AS free
            WHERE client.id = free.id"
        );
        let parameters: Parameters<'_> = &[&clients, &accounts, &provider.as_str()];
        bound += executor.execute("bind clients", &query, parameters).await?;
    }
    Ok(bound)
}

/// Whether clients depend on a partner account, which then must not go: they belong to it, or it is not known to which one
/// they belong and it is the one that serves them.
pub async fn depend_on_account(
    executor: Executor<'_>,
    provider: Provider,
    account_id: i32,
) -> Result<bool, StoreError> {
    let table = table(provider);
    let query = format!(
        "SELECT EXISTS (SELECT FROM {table} WHERE partner_configuration_id = $1)
            OR (EXISTS (SELECT FROM {table} WHERE partner_configuration_id IS NULL) AND
                coalesce(trunkline.serving_account($2) = $1, false))"
    );
    let parameters: Parameters<'_> = &[&account_id, &provider.as_str()];
    let row = executor.row("look for clients of an account", &query, parameters).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

const fn table(provider: Provider) -> &'static str {
    match provider {
        Provider::Dialog360 => "public.dialog_360_clients",
        Provider::Meta => "public.meta_whatsapp_clients",
        Provider::Twilio => "trunkline.twilio_clients",
    }
}
