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
            WHERE oid IN (
                'public.dialog_360_clients'::REGCLASS, 'public.meta_whatsapp_clients'::REGCLASS,
                'trunkline.twilio_clients'::REGCLASS, 'public.dialog_360_channels'::REGCLASS,
                'public.meta_whatsapp_phone_numbers'::REGCLASS, 'trunkline.twilio_senders'::REGCLASS
            )
        ), counts AS (
            SELECT oid, CASE
                WHEN NOT is_small THEN about
                WHEN oid = 'public.dialog_360_clients'::REGCLASS THEN (SELECT count(*) FROM public.dialog_360_clients)
                WHEN oid = 'public.meta_whatsapp_clients'::REGCLASS THEN (SELECT count(*) FROM public.meta_whatsapp_clients)
                WHEN oid = 'trunkline.twilio_clients'::REGCLASS THEN (SELECT count(*) FROM trunkline.twilio_clients)
                WHEN oid = 'public.dialog_360_channels'::REGCLASS THEN (SELECT count(*) FROM public.dialog_360_channels)
                WHEN oid = 'public.meta_whatsapp_phone_numbers'::REGCLASS
                    THEN (SELECT count(*) FROM public.meta_whatsapp_phone_numbers)
                ELSE (SELECT count(*) FROM trunkline.twilio_senders)
            END AS rows
            FROM sizes
        )
        SELECT
            (SELECT count(*) FROM public.partner_configurations),
            (SELECT count(*) FROM public.partner_configurations WHERE is_active),
            (SELECT count(*) FROM trunkline.api_keys WHERE revoked_at IS NULL),
            (sum(rows) FILTER (WHERE oid::REGCLASS::TEXT ~ 'clients$'))::BIGINT,
            (sum(rows) FILTER (WHERE oid::REGCLASS::TEXT !~ 'clients$'))::BIGINT
        FROM counts";
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
