use jiff::Timestamp;
use trunkline_core::Provider;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Makes those who change which account of a provider is the default take turns until they commit:
/// there may be no row yet to lock.
pub async fn lock_provider(executor: Executor<'_>, provider: Provider) -> Result<(), StoreError> {
    let query =
        "SELECT pg_advisory_xact_lock(hashtext('trunkline partner accounts'), hashtext($1))";
    executor.rows("wait for a turn", query, &[&provider.as_str()]).await?;
    Ok(())
}

/// The account that new companies are onboarded with.
pub async fn find_default(
    executor: Executor<'_>,
    provider: Provider,
) -> Result<Option<i32>, StoreError> {
    let query = "
        SELECT id
        FROM public.partner_configurations
        WHERE provider = $1 AND is_active AND is_default";
    let row = executor.row("look for the default account", query, &[&provider.as_str()]).await?;
    Ok(row.map(|row| row.get("id")))
}

/// The oldest active account of the provider beside this one.
pub async fn find_heir(
    executor: Executor<'_>,
    provider: Provider,
    id: i32,
) -> Result<Option<i32>, StoreError> {
    let query = "
        SELECT id
        FROM public.partner_configurations
        WHERE provider = $1 AND is_active AND id <> $2
        ORDER BY id
        LIMIT 1";
    let parameters: Parameters<'_> = &[&provider.as_str(), &id];
    let row = executor.row("look for another partner account", query, parameters).await?;
    Ok(row.map(|row| row.get("id")))
}

/// Takes the default away from every account of the provider.
pub async fn clear_default(
    executor: Executor<'_>,
    provider: Provider,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE public.partner_configurations
        SET is_default = false, updated_at = $2
        WHERE provider = $1 AND is_default";
    executor.execute("clear the default account", query, &[&provider.as_str(), &now]).await?;
    Ok(())
}
