//! What there is of everything, for the first page.

use crate::{Executor, StoreError};

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview {
    /// Partner accounts.
    pub partner_accounts: i64,
    /// Of these, active ones.
    pub active_partner_accounts: i64,
    /// API keys that are not revoked.
    pub api_keys: i64,
    /// Clients of all providers, about.
    pub clients: i64,
    /// Channels of all providers, about.
    pub channels: i64,
}

/// Counts; of tables larger than 2 MiB it takes PostgreSQL's own estimate, so it is quick whatever
/// their size.
pub async fn get_overview(executor: Executor<'_>) -> Result<Overview, StoreError> {
    let query = "
        WITH sizes AS (
            SELECT oid, pg_relation_size(oid) < 2097152 AS is_small, greatest(reltuples, 0)::BIGINT AS about
            FROM pg_class
            WHERE oid IN ('trunkline.listed_clients'::REGCLASS, 'trunkline.listed_channels'::REGCLASS)
        )
        SELECT
            (SELECT count(*) FROM public.partner_configurations),
            (SELECT count(*) FROM public.partner_configurations WHERE is_active),
            (SELECT count(*) FROM trunkline.api_keys WHERE revoked_at IS NULL),
            (SELECT CASE WHEN is_small THEN (SELECT count(*) FROM trunkline.listed_clients) ELSE about END
            FROM sizes
            WHERE oid = 'trunkline.listed_clients'::REGCLASS),
            (SELECT CASE WHEN is_small THEN (SELECT count(*) FROM trunkline.listed_channels) ELSE about END
            FROM sizes
            WHERE oid = 'trunkline.listed_channels'::REGCLASS)";
    let doing = "count what there is";
    let row = executor.row(doing, query, &[]).await?.ok_or(StoreError::NotMigrated)?;
    Ok(Overview {
        partner_accounts: row.get(0),
        active_partner_accounts: row.get(1),
        api_keys: row.get(2),
        clients: row.get(3),
        channels: row.get(4),
    })
}
