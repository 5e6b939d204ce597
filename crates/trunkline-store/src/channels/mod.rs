//! Channels: the WhatsApp numbers of companies, at every provider, as one list. Never a credential.

mod list;
#[cfg(test)]
mod plans;
mod secret;
mod tables;
pub(crate) mod words;

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::{ChannelStatus, Provider, QualityRating, Scope};

pub use list::{ChannelField, ChannelFilter, list_channels};
pub use secret::{find_channel_secret, update_channel_secret};

use crate::merged::{KeyValue, ListKey, QualifiedId, read_provider, unknown_word};
use crate::{Executor, StoreError};

/// A WhatsApp number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its id among all providers.
    pub id: QualifiedId,
    /// What the provider calls it.
    pub provider_id: String,
    /// The company whose it is.
    pub company_id: i32,
    /// The company's account at the provider.
    pub client_id: QualifiedId,
    /// E.164 with the plus sign, where Trunkline wrote it.
    pub phone_number: Option<String>,
    /// The name that recipients see.
    pub display_name: Option<String>,
    /// What it can do.
    pub status: ChannelStatus,
    /// The provider's own word.
    pub provider_status: Option<String>,
    /// How recipients take what it sends.
    pub quality_rating: QualityRating,
    /// The provider's own word.
    pub provider_quality_rating: Option<String>,
    /// Conversations in 24 hours; `None`: unlimited, or not known.
    pub messaging_limit: Option<i32>,
    /// Whether the limit is of the `number` alone or of the whole `portfolio`.
    pub messaging_limit_scope: Option<String>,
    /// The provider's own word.
    pub provider_messaging_limit: Option<String>,
    /// When it was first written down.
    pub created_at: Timestamp,
    /// When anything of it changed.
    pub updated_at: Timestamp,
}

impl Channel {
    /// Reads a row by the order of [`tables::Table::columns`]: names are looked for one by one.
    fn read(row: &Row) -> Result<Self, StoreError> {
        let provider = read_provider(row.get(0))?;
        let (status, quality_rating): (&str, &str) = (row.get(7), row.get(9));
        Ok(Self {
            id: QualifiedId { provider, number: row.get(1) },
            client_id: QualifiedId { provider, number: row.get(2) },
            provider_id: row.get(3),
            company_id: row.get(4),
            phone_number: row.get(5),
            display_name: row.get(6),
            status: words::read(provider, status).ok_or_else(|| unknown_word("status", status))?,
            provider_status: row.get(8),
            quality_rating: quality_rating
                .parse()
                .map_err(|_| unknown_word("quality_rating", quality_rating))?,
            provider_quality_rating: row.get(10),
            messaging_limit: row.get(11),
            messaging_limit_scope: row.get(12),
            provider_messaging_limit: row.get(13),
            created_at: row.get(14),
            updated_at: row.get(15),
        })
    }

    /// Where it stands in a list of this order.
    pub fn key(&self, order: ChannelField) -> ListKey {
        let value = match order {
            ChannelField::UpdatedAt => KeyValue::Time(self.updated_at),
            ChannelField::CreatedAt => KeyValue::Time(self.created_at),
            ChannelField::PhoneNumber => {
                KeyValue::Text(self.phone_number.clone().unwrap_or_default())
            }
        };
        ListKey { value, provider: self.id.provider, id: self.id.number }
    }
}

/// The channel with this id, if the scope includes it.
pub async fn find_channel(
    executor: Executor<'_>,
    id: QualifiedId,
    scope: Scope,
) -> Result<Option<Channel>, StoreError> {
    let query = tables::Table::of(id.provider).one();
    let parameters: crate::database::Parameters<'_> = &[&id.number, &scope.company()];
    let row = executor.row("look for a channel", &query, parameters).await?;
    row.as_ref().map(Channel::read).transpose()
}

/// How many channels a company has, by provider.
pub async fn count_channels(
    executor: Executor<'_>,
    company_id: i32,
) -> Result<Vec<(Provider, i64)>, StoreError> {
    let query = "
        SELECT
            (SELECT count(*)
            FROM public.dialog_360_clients AS client
            JOIN public.dialog_360_channels AS channel ON channel.client_id = client.id
            WHERE client.company_id = $1),
            (SELECT count(*)
            FROM public.meta_whatsapp_clients AS client
            JOIN public.meta_whatsapp_phone_numbers AS channel ON channel.client_id = client.id
            WHERE client.company_id = $1),
            (SELECT count(*)
            FROM trunkline.twilio_clients AS client
            JOIN trunkline.twilio_senders AS channel ON channel.client_id = client.id
            WHERE client.company_id = $1)";
    let row = executor.row("count a company's channels", query, &[&company_id]).await?;
    let counts = row.iter().flat_map(|row| {
        Provider::ALL.iter().enumerate().map(|(index, provider)| (*provider, row.get(index)))
    });
    Ok(counts.collect())
}
