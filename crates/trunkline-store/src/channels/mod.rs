//! Channels: the WhatsApp numbers of companies, at every provider, as one list. Never a credential.

mod list;
#[cfg(test)]
mod plans;
mod reach;
mod search;
mod secret;
mod webhook;
pub(crate) mod words;

use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::{ChannelStatus, Provider, QualityRating, Scope};

pub use list::{ChannelField, ChannelFilter, list_channels};
pub use reach::{Reach, find_reach};
pub use search::is_searchable;
pub use secret::{find_channel_secret, update_channel_secret};
pub use webhook::update_dialog360_webhook_url;

use crate::database::Parameters;
use crate::listed::{Document, KeyValue, ListKey, QualifiedId, read_counts};
use crate::{Executor, StoreError};

/// A WhatsApp number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
) -> Result<Option<Document<Channel>>, StoreError> {
    let query = "
        SELECT document
        FROM trunkline.listed_channels
        WHERE provider = $1 AND id = $2 AND ($3::INTEGER IS NULL OR company_id = $3)";
    let parameters: Parameters<'_> = &[&id.provider.as_str(), &id.number, &scope.company()];
    let row = executor.row("look for a channel", query, parameters).await?;
    Ok(row.as_ref().map(Document::from_row))
}

/// How many channels a company has, by provider.
pub async fn count_channels(
    executor: Executor<'_>,
    company_id: i32,
) -> Result<Vec<(Provider, i64)>, StoreError> {
    let query = "
        SELECT provider, count(*) AS count
        FROM trunkline.listed_channels
        WHERE company_id = $1
        GROUP BY provider";
    read_counts(&executor.rows("count a company's channels", query, &[&company_id]).await?)
}
