use trunkline_core::{ChannelStatus, QualityRating};
use trunkline_store::channels::Channel;

use super::super::companies::Names;
use super::super::{Time, clients, words};

/// A channel as a row of a table, and as the facts of its page.
pub(in crate::admin) struct ChannelRow {
    pub href: String,
    /// The number, else what the provider calls it.
    pub title: String,
    pub name: String,
    pub provider: &'static str,
    pub provider_id: String,
    pub company: String,
    pub company_href: String,
    pub client: String,
    pub client_href: String,
    /// Tone and word.
    pub status: (&'static str, String),
    pub provider_status: String,
    pub quality: (&'static str, String),
    pub provider_quality: String,
    pub limit: String,
    pub provider_limit: String,
    pub created: Time,
    pub updated: Time,
}

impl ChannelRow {
    pub(in crate::admin) fn new(channel: Channel, names: &Names) -> Self {
        let id = &channel.id;
        let number = channel.phone_number.filter(|number| !number.is_empty());
        Self {
            href: format!("{}/{id}", super::LIST),
            title: number.unwrap_or_else(|| channel.provider_id.clone()),
            name: channel.display_name.unwrap_or_default(),
            provider: id.provider.name(),
            company: names.of(channel.company_id),
            company_href: super::super::companies::page_of(channel.company_id),
            client: channel.client_id.to_string(),
            client_href: format!("{}/{}", clients::LIST, channel.client_id),
            status: (tone(channel.status), words::title(channel.status.as_str())),
            provider_status: channel.provider_status.unwrap_or_default(),
            quality: (
                quality_tone(channel.quality_rating),
                words::title(channel.quality_rating.as_str()),
            ),
            provider_quality: channel.provider_quality_rating.unwrap_or_default(),
            limit: limit(channel.messaging_limit, channel.messaging_limit_scope.as_deref()),
            provider_limit: channel.provider_messaging_limit.unwrap_or_default(),
            provider_id: channel.provider_id,
            created: channel.created_at.into(),
            updated: channel.updated_at.into(),
        }
    }
}

fn limit(limit: Option<i32>, scope: Option<&str>) -> String {
    let Some(number) = limit else { return String::new() };
    match scope {
        Some("portfolio") => format!("{} a day, of the portfolio", words::grouped(number)),
        _ => format!("{} a day", words::grouped(number)),
    }
}

/// How urgent a status is.
pub(super) const fn tone(status: ChannelStatus) -> &'static str {
    match status {
        ChannelStatus::Running => "good",
        ChannelStatus::Pending | ChannelStatus::Unverified => "info",
        ChannelStatus::Flagged | ChannelStatus::Restricted => "warn",
        ChannelStatus::Suspended
        | ChannelStatus::Failed
        | ChannelStatus::Disconnected
        | ChannelStatus::Banned => "bad",
        ChannelStatus::Migrated | ChannelStatus::Deleted => "off",
    }
}

pub(super) const fn quality_tone(quality: QualityRating) -> &'static str {
    match quality {
        QualityRating::Green => "good",
        QualityRating::Yellow => "warn",
        QualityRating::Red => "bad",
        QualityRating::Unknown => "off",
    }
}
