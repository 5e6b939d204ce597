use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::Provider;

use crate::events::Tables;
use crate::{Executor, StoreError};

/// A client as we have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurClient {
    /// Row of the provider's table of clients.
    pub id: i32,
    /// The provider's id.
    pub key: String,
    /// What it is called.
    pub name: Option<String>,
    /// Whose it is.
    pub company_id: i32,
    /// The partner account that it belongs to; `None`: not known.
    pub account_id: Option<i32>,
    /// Whether it ended, as we know.
    pub is_gone: bool,
}

/// A channel as we have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurChannel {
    /// Row of the provider's table of channels.
    pub id: i32,
    /// The provider's id.
    pub key: String,
    /// Its number, else its name.
    pub label: Option<String>,
    /// Whether it ended, as we know.
    pub is_gone: bool,
}

impl OurClient {
    fn read(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            key: row.get("key"),
            name: row.get("name"),
            company_id: row.get("company_id"),
            account_id: row.get("account_id"),
            is_gone: row.get("is_gone"),
        }
    }
}

impl OurChannel {
    /// The number of a sender of Twilio's whose SID is not known: the import takes its address in place of that.
    pub fn address(&self) -> Option<&str> {
        self.key.strip_prefix("whatsapp:")
    }

    fn read(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            key: row.get("key"),
            label: row.get("label"),
            is_gone: row.get("is_gone"),
        }
    }
}

/// Every client that we have at a provider.
pub async fn list_our_clients(
    executor: Executor<'_>,
    provider: Provider,
) -> Result<Vec<OurClient>, StoreError> {
    let Tables { clients, client_key, client_name, .. } = Tables::of(provider);
    let query = format!(
        "SELECT id, {client_key} AS key, {client_name} AS name, company_id,
            partner_configuration_id AS account_id,
            status IN ('deleted', 'disconnected') AS is_gone
        FROM {clients}
        ORDER BY id"
    );
    let rows = executor.rows("list our clients", &query, &[]).await?;
    Ok(rows.iter().map(OurClient::read).collect())
}

/// The channels that we have of a client.
pub async fn list_our_channels(
    executor: Executor<'_>,
    provider: Provider,
    client_id: i32,
) -> Result<Vec<OurChannel>, StoreError> {
    let Tables { channels, channel_key, .. } = Tables::of(provider);
    let query = format!(
        "SELECT id, {channel_key} AS key, coalesce(phone_number, display_name) AS label,
            status IN ('deleted', 'migrated', 'disconnected') AS is_gone
        FROM {channels}
        WHERE client_id = $1
        ORDER BY id"
    );
    let rows = executor.rows("list our channels", &query, &[&client_id]).await?;
    Ok(rows.iter().map(OurChannel::read).collect())
}

/// The client with this id of the provider.
pub async fn find_our_client(
    executor: Executor<'_>,
    provider: Provider,
    key: &str,
) -> Result<Option<OurClient>, StoreError> {
    let Tables { clients, client_key, client_name, .. } = Tables::of(provider);
    let query = format!(
        "SELECT id, {client_key} AS key, {client_name} AS name, company_id,
            partner_configuration_id AS account_id,
            status IN ('deleted', 'disconnected') AS is_gone
        FROM {clients}
        WHERE {client_key} = $1"
    );
    let row = executor.row("look for our client", &query, &[&key]).await?;
    Ok(row.as_ref().map(OurClient::read))
}

/// The channel with this id of the provider or, else, this number; with its client.
pub async fn find_our_channel(
    executor: Executor<'_>,
    provider: Provider,
    key: &str,
) -> Result<Option<(OurClient, OurChannel)>, StoreError> {
    let Tables { clients, client_key, client_name, channels, channel_key } = Tables::of(provider);
    let query = format!(
        "SELECT channel.id, channel.{channel_key} AS key, coalesce(channel.phone_number, channel.display_name) AS label,
            channel.status IN ('deleted', 'migrated', 'disconnected') AS is_gone,
            client.id AS client_id, client.{client_key} AS client_key, client.{client_name} AS client_name, client.company_id,
            client.partner_configuration_id AS account_id, client.status IN ('deleted', 'disconnected') AS is_client_gone
        FROM {channels} AS channel
        JOIN {clients} AS client ON client.id = channel.client_id
        WHERE channel.{channel_key} = $1 OR channel.phone_number = $1
        ORDER BY channel.{channel_key} = $1 DESC, is_gone, channel.id DESC
        LIMIT 1"
    );
    let row = executor.row("look for our channel", &query, &[&key]).await?;
    Ok(row.map(|row| {
        let client = OurClient {
            id: row.get("client_id"),
            key: row.get("client_key"),
            name: row.get("client_name"),
            company_id: row.get("company_id"),
            account_id: row.get("account_id"),
            is_gone: row.get("is_client_gone"),
        };
        (client, OurChannel::read(&row))
    }))
}

/// Those of these ids of a provider that are channels of ours, with the client of each.
pub async fn list_channel_homes(
    executor: Executor<'_>,
    provider: Provider,
    keys: &[String],
) -> Result<Vec<(String, i32)>, StoreError> {
    let Tables { channels, channel_key, .. } = Tables::of(provider);
    let query = format!(
        "SELECT {channel_key} AS key, client_id
        FROM {channels}
        WHERE {channel_key} = ANY ($1)"
    );
    let rows = executor.rows("look where channels are", &query, &[&keys]).await?;
    Ok(rows.iter().map(|row| (row.get("key"), row.get("client_id"))).collect())
}

/// Gives a sender of Twilio's, which was known by its address until now, its SID; `false` if it has one, or another row
/// has this one.
pub async fn set_sender_sid(
    executor: Executor<'_>,
    sender: i32,
    sid: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.twilio_senders
        SET sender_sid = $2, updated_at = $3
        WHERE id = $1 AND starts_with(sender_sid, 'whatsapp:')
            AND NOT EXISTS (SELECT FROM trunkline.twilio_senders WHERE sender_sid = $2)";
    let written =
        executor.execute("write the SID of a sender", query, &[&sender, &sid, &now]).await?;
    Ok(written > 0)
}
