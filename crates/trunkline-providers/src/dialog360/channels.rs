use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading, Word},
    call,
    dialog360::{AccountMode, Api, Availability, ChannelState, HubStatus, Limit, Page, Quality},
    error::ProviderError,
};

/// A WhatsApp number of a client (`https://docs.360dialog.com/partner/partner-api/api-reference/channel-management`).
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Ends in `CH`.
    pub id: Box<str>,
    /// The client that it is of.
    pub client_id: Option<Box<str>>,
    /// The client's name.
    pub client_name: Option<Box<str>>,
    /// Meta's id of the number; that it is that, is not certain.
    pub external_id: Option<Box<str>>,
    /// How far its set-up is.
    pub status: Option<Word<ChannelState>>,
    /// Whether it is for tests.
    pub account_mode: Option<Word<AccountMode>>,
    /// What the hub says of it.
    pub hub_status: Option<Word<HubStatus>>,
    /// Whether it can be used at the moment.
    pub availability_status: Option<Word<Availability>>,
    /// The number, with or without a plus.
    pub phone_number: Option<Box<str>>,
    /// The name that people see.
    pub phone_name: Option<Box<str>>,
    /// Meta's messaging limit; whether of the number or of its portfolio, is not certain.
    pub current_limit: Option<Word<Limit>>,
    /// Meta's quality rating.
    pub current_quality_rating: Option<Word<Quality>>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<Box<str>>,
    /// 360dialog's id of it.
    pub waba_account_id: Option<Box<str>>,
    /// Whether the number is in the WhatsApp Business app too.
    pub is_on_biz_app: Option<bool>,
    /// When somebody cancelled it.
    pub cancelled_at: Option<Timestamp>,
    /// When it ended.
    pub terminated_at: Option<Timestamp>,
    /// When it was changed.
    pub modified_at: Option<Timestamp>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Channel {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            client_id: fields.text("/client_id").or_else(|| fields.text("/client/id")),
            client_name: fields.text("/client/name"),
            external_id: fields.text("/external_id"),
            status: fields.word("/status"),
            account_mode: fields.word("/account_mode"),
            hub_status: fields.word("/hub_status"),
            availability_status: fields.word("/availability_status"),
            phone_number: fields.text("/setup_info/phone_number"),
            phone_name: fields.text("/setup_info/phone_name"),
            current_limit: fields.word("/current_limit"),
            current_quality_rating: fields.word("/current_quality_rating"),
            waba_id: fields.text("/waba_account/external_id"),
            waba_account_id: fields.text("/waba_account/id"),
            is_on_biz_app: fields.flag("/is_on_biz_app"),
            cancelled_at: fields.time("/cancelled_at"),
            terminated_at: fields.time("/terminated_at"),
            modified_at: fields.time("/modified_at"),
            raw,
        })
    }
}

impl Api {
    /// `GET /partners/{id}/channels`, every page.
    pub async fn channels(&self) -> Result<List<Channel>, ProviderError> {
        let url = self.url("provider.360dialog.channels", &["channels"])?;
        let make = || call!("provider.360dialog.channels", Method::GET, url.clone());
        self.pages("partner_channels", make).await
    }

    /// One page of it, and how many there are in all.
    pub async fn channels_page(
        &self,
        page: &Page,
    ) -> Result<(List<Channel>, Option<usize>), ProviderError> {
        let url = self.url("provider.360dialog.channels", &["channels"])?;
        let make = || call!("provider.360dialog.channels", Method::GET, url.clone());
        self.page(page, "partner_channels", make).await
    }

    /// The channel with this id: the list with a filter, which integrators find safer than the path of one channel.
    pub async fn channel(&self, id: &str) -> Result<Option<Channel>, ProviderError> {
        let (list, _) = self.channels_page(&Page::of_id(id)).await?;
        Ok(list.items.into_iter().find(|channel| channel.id.as_ref() == id))
    }
}
