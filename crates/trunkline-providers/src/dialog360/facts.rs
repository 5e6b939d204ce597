use trunkline_core::events::words::{LimitScope, channel_status, client_status, limit, quality};
use trunkline_core::events::{Aspect, Fact};
use trunkline_core::legacy::phone_number;
use trunkline_core::{ChannelStatus, Provider};

use crate::{
    api::Word,
    dialog360::{AccountMode, Channel, Client, HubStatus},
};

impl Client {
    /// What is so, in our words.
    pub fn facts(&self) -> Vec<Fact> {
        let status = self.status.as_ref().and_then(|word| {
            let status = client_status(Provider::Dialog360, word.as_str())?;
            Some(Fact::ClientStatus { status, word: word.as_str().to_owned() })
        });
        let name = self.name.as_deref().map(|name| Fact::ClientName(name.to_owned()));
        status.into_iter().chain(name).collect()
    }
}

impl Channel {
    /// The number in E.164.
    pub fn e164(&self) -> Option<String> {
        self.phone_number.as_deref().and_then(phone_number)
    }

    /// What is so, in our words; read as the partner webhooks are, which have the same fields.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.standing().into_iter().collect();
        facts.extend(self.e164().map(Fact::PhoneNumber));
        facts.extend(self.phone_name.as_deref().map(|name| Fact::DisplayName(name.to_owned())));
        facts.extend(self.current_quality_rating.as_ref().and_then(|word| {
            let word = word.as_str().to_owned();
            Some(Fact::Quality { rating: quality(&word)?, word })
        }));
        let limited = self.current_limit.as_ref().map(Word::as_str);
        // Whether it is the number's or the portfolio's is not certain; the webhooks say the number's too.
        facts.extend(limited.and_then(|word| limit(word, LimitScope::Number)).map(Fact::Limit));
        let verified = self.raw.pointer("/waba_account/fb_account_status");
        let verified = verified.and_then(serde_json::Value::as_str).filter(|word| !word.is_empty());
        facts.extend(verified.map(|word| Fact::Other(Aspect::Verification, word.to_owned())));
        facts
    }

    fn standing(&self) -> Option<Fact> {
        let fact = |word: &str| {
            let status = channel_status(Provider::Dialog360, word)?;
            Some(Fact::ChannelStatus { status, word: word.to_owned() })
        };
        if self.terminated_at.is_some() {
            return fact("terminated");
        }
        let ended = self
            .hub_status
            .as_ref()
            .filter(|word| matches!(word.known(), Some(HubStatus::Deleted | HubStatus::Cancelled)));
        if let Some(word) = ended {
            return fact(&word.as_str().to_ascii_lowercase());
        }
        // `ready` and `running` are said of a channel that is live as well.
        let mode = self.account_mode.as_ref();
        let is_live = mode.is_some_and(|mode| mode.is(AccountMode::Live));
        let is_set_up = |fact: &Fact| {
            matches!(fact, Fact::ChannelStatus { status: ChannelStatus::Pending, .. })
        };
        let told = self.status.as_ref().and_then(|word| fact(word.as_str()));
        told.filter(|found| !(is_live && is_set_up(found)))
            .or_else(|| mode.and_then(|mode| fact(mode.as_str())))
    }
}
