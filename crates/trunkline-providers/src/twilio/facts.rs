use trunkline_core::Provider;
use trunkline_core::events::Fact;
use trunkline_core::events::words::{LimitScope, channel_status, client_status, limit, quality};
use trunkline_core::legacy::phone_number;

use crate::twilio::{Sender, Subaccount};

impl Subaccount {
    /// What is so, in our words.
    pub fn facts(&self) -> Vec<Fact> {
        let status = self.status.as_ref().and_then(|word| {
            let status = client_status(Provider::Twilio, word.as_str())?;
            Some(Fact::ClientStatus { status, word: word.as_str().to_owned() })
        });
        let name = self.friendly_name.as_deref().map(|name| Fact::ClientName(name.to_owned()));
        status.into_iter().chain(name).collect()
    }
}

impl Sender {
    /// The number in E.164.
    pub fn e164(&self) -> Option<String> {
        self.phone_number().and_then(phone_number)
    }

    /// What is so, in our words.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        facts.extend(self.status.as_ref().and_then(|word| {
            let status = channel_status(Provider::Twilio, &word.as_str().to_ascii_uppercase())?;
            Some(Fact::ChannelStatus { status, word: word.as_str().to_owned() })
        }));
        facts.extend(self.quality_rating.as_ref().and_then(|word| {
            let word = word.as_str().to_owned();
            Some(Fact::Quality { rating: quality(&word)?, word })
        }));
        let limited = self.messaging_limit.as_deref();
        facts.extend(limited.and_then(|word| limit(word, LimitScope::Number)).map(Fact::Limit));
        facts.extend(self.name.as_deref().map(|name| Fact::DisplayName(name.to_owned())));
        facts.extend(self.e164().map(Fact::PhoneNumber));
        facts
    }
}
