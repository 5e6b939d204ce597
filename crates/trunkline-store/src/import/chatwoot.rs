use std::collections::BTreeMap;

use tokio_postgres::{Client, Row};
use trunkline_core::legacy::{ChatwootChannel, GivenRow};

use crate::StoreError;

/// The WhatsApp channels of a Chatwoot database; `companies` has our company of each of its accounts.
pub async fn read_chatwoot(
    client: &Client,
    companies: &BTreeMap<i64, i32>,
) -> Result<Vec<GivenRow>, StoreError> {
    let failed = StoreError::query("read Chatwoot's channels");
    for (query, table) in [
        ("SELECT to_regclass('public.channel_whatsapp') IS NOT NULL", "channel_whatsapp"),
        ("SELECT to_regclass('public.inboxes') IS NOT NULL", "inboxes"),
    ] {
        let row = client.query_typed_one(query, &[]).await.map_err(&failed)?;
        if !row.get::<_, bool>(0) {
            return Err(StoreError::NoPlatform { table });
        }
    }
    let query = "
        SELECT channel.id::BIGINT, channel.account_id::BIGINT, channel.phone_number::TEXT, channel.provider::TEXT,
            channel.provider_config::TEXT, inbox.name::TEXT,
            extract(epoch FROM CASE WHEN isfinite(channel.created_at) THEN channel.created_at END)::BIGINT,
            (extract(epoch FROM CASE WHEN isfinite(channel.updated_at) THEN channel.updated_at END) * 1000)::BIGINT
        FROM public.channel_whatsapp AS channel
        LEFT JOIN public.inboxes AS inbox
            ON inbox.channel_type = 'Channel::Whatsapp' AND inbox.channel_id = channel.id
        ORDER BY channel.id";
    let rows = client.query_typed(query, &[]).await.map_err(&failed)?;
    let given = |row: &Row| {
        let channel = ChatwootChannel {
            id: row.get(0),
            company_id: companies.get(&row.get::<_, i64>(1)).copied(),
            phone_number: row.get::<_, Option<&str>>(2).unwrap_or_default(),
            provider: row.get::<_, Option<&str>>(3).unwrap_or_default(),
            provider_config: row.get(4),
            name: row.get(5),
            created_at: row.get::<_, Option<i64>>(6).unwrap_or_default(),
            changed_at: row.get::<_, Option<i64>>(7).unwrap_or_default(),
        };
        channel.as_given()
    };
    let mut given: Vec<GivenRow> = rows.iter().map(given).collect();
    // An inbox that stands twice would make two rows of one channel.
    given.dedup_by_key(|row| row.id);
    Ok(given)
}
