use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading, Repeat, Word, words},
    call,
    error::ProviderError,
    twilio::{Api, api::read},
};

words! {
    /// What a sender can do (`https://www.twilio.com/docs/whatsapp/api/senders`); the list is open.
    SenderStatus {
        /// Registration began.
        Creating = "CREATING",
        /// Sends and receives.
        Online = "ONLINE" | "ONLINE:UPDATING",
        /// Does neither; the reasons say why.
        Offline = "OFFLINE",
        /// Waits for the company's code.
        PendingVerification = "PENDING_VERIFICATION",
        /// The code is being checked.
        Verifying = "VERIFYING",
        /// Twilio or Meta reviews it.
        TwilioReview = "TWILIO_REVIEW",
        /// Not complete.
        Draft = "DRAFT",
        /// Not explained by Twilio.
        Stubbed = "STUBBED",
    }
}

words! {
    /// A quality rating; `HIGH` is the one documented word.
    Quality {
        /// High.
        Green = "HIGH" | "GREEN",
        /// Medium.
        Yellow = "MEDIUM" | "YELLOW",
        /// Low.
        Red = "LOW" | "RED",
        /// Not told.
        Unknown = "UNKNOWN" | "NA",
    }
}

/// A WhatsApp sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// `XE` and 32 hexadecimal digits.
    pub sid: Box<str>,
    /// `whatsapp:+15017122661`.
    pub sender_id: Option<Box<str>>,
    /// What it can do.
    pub status: Option<Word<SenderStatus>>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<Box<str>>,
    /// The name that people see; `None` also in answers of changes, which leave out what was not changed.
    pub name: Option<Box<str>>,
    /// Where messages go.
    pub callback_url: Option<Box<str>>,
    /// Where the statuses of messages go.
    pub status_callback_url: Option<Box<str>>,
    /// Its quality rating; not in answers of changes.
    pub quality_rating: Option<Word<Quality>>,
    /// As `10K Customers/24hr`; not in answers of changes.
    pub messaging_limit: Option<Box<str>>,
    /// Why it is offline: code and words.
    pub offline_reasons: Vec<(Box<str>, Box<str>)>,
    /// The answer as it came.
    pub raw: Value,
}

impl Sender {
    /// The number, without the word before it.
    pub fn phone_number(&self) -> Option<&str> {
        let id = self.sender_id.as_deref()?;
        Some(id.strip_prefix("whatsapp:").unwrap_or(id))
    }
}

impl Reading for Sender {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        let reasons = fields.value("/offline_reasons").and_then(Value::as_array);
        let reason = |value: &Value| {
            let fields = Fields(value);
            Some((fields.text("/code")?, fields.text("/message").unwrap_or_default()))
        };
        Some(Self {
            sid: fields.text("/sid")?,
            sender_id: fields.text("/sender_id"),
            status: fields.word("/status"),
            waba_id: fields.text("/configuration/waba_id"),
            name: fields.text("/profile/name"),
            callback_url: fields.text("/webhook/callback_url"),
            status_callback_url: fields.text("/webhook/status_callback_url"),
            quality_rating: fields.word("/properties/quality_rating"),
            messaging_limit: fields.text("/properties/messaging_limit"),
            offline_reasons: reasons.into_iter().flatten().filter_map(reason).collect(),
            raw,
        })
    }
}

impl Api {
    /// `GET /v2/Channels/Senders?Channel=whatsapp`, every page.
    pub async fn senders(&self) -> Result<List<Sender>, ProviderError> {
        let mut url = self.senders_url("provider.twilio.senders", None)?;
        url.query_pairs_mut().append_pair("Channel", "whatsapp").append_pair("PageSize", "200");
        let make = |url| call!("provider.twilio.senders", Method::GET, url);
        self.pages(url, "senders", make).await
    }

    /// `GET /v2/Channels/Senders/{sid}`.
    pub async fn sender(&self, sid: &str) -> Result<Sender, ProviderError> {
        const CALL: &str = "provider.twilio.sender";
        let url = self.senders_url(CALL, Some(sid))?;
        let make = || call!("provider.twilio.sender", Method::GET, url.clone());
        read(self.send(Repeat::Safe, make).await?, CALL)
    }
}
