use trunkline_core::Provider;
use trunkline_core::events::words::{LimitScope, channel_status, client_status, limit, quality};
use trunkline_core::events::{Aspect, Fact};
use trunkline_core::legacy::phone_number;

use crate::{
    api::Word,
    meta::{Inspection, NameStatus, PhoneNumber, Waba},
};

impl Waba {
    /// What is so, in our words. The limit of its portfolio is told of each of its numbers.
    pub fn facts(&self) -> Vec<Fact> {
        let status = self.status.as_deref().and_then(|word| {
            let status = client_status(Provider::Meta, word)?;
            Some(Fact::ClientStatus { status, word: word.to_owned() })
        });
        let other = |aspect, word: &str| Fact::Other(aspect, word.to_owned());
        let mut facts: Vec<Fact> = status.into_iter().collect();
        facts.extend(self.name.as_deref().map(|name| Fact::ClientName(name.to_owned())));
        let word = self.business_verification_status.as_deref();
        facts.extend(word.map(|word| other(Aspect::Verification, word)));
        let word = self.account_review_status.as_ref();
        facts.extend(word.map(|word| other(Aspect::Review, word.as_str())));
        let owner = self.owner_business_id.as_deref();
        facts.extend(owner.map(|owner| other(Aspect::Portfolio, owner)));
        facts
    }
}

impl PhoneNumber {
    /// The number in E.164.
    pub fn e164(&self) -> Option<String> {
        self.display_phone_number.as_deref().and_then(phone_number)
    }

    /// What is so, in our words.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        facts.extend(self.status.as_ref().and_then(|word| {
            let status = channel_status(Provider::Meta, &word.as_str().to_ascii_uppercase())?;
            Some(Fact::ChannelStatus { status, word: word.as_str().to_owned() })
        }));
        facts.extend(self.quality_rating.as_ref().and_then(|word| {
            let word = word.as_str().to_owned();
            Some(Fact::Quality { rating: quality(&word)?, word })
        }));
        let read = |word: &Option<Word<_>>, scope| limit(word.as_ref()?.as_str(), scope);
        let limited = read(&self.messaging_limit, LimitScope::Portfolio)
            .or_else(|| read(&self.messaging_limit_tier, LimitScope::Number));
        facts.extend(limited.map(Fact::Limit));
        facts.extend(self.verified_name.as_deref().map(|name| Fact::DisplayName(name.to_owned())));
        facts.extend(self.e164().map(Fact::PhoneNumber));
        // A webhook tells what became of the name that was asked for, which is the new one while there is one.
        let is_one = |word: &&Word<NameStatus>| !word.is(NameStatus::None);
        let review = self.new_name_status.as_ref().filter(is_one).or(self.name_status.as_ref());
        let review = review.filter(is_one);
        facts.extend(review.map(|word| Fact::Other(Aspect::NameReview, word.as_str().to_owned())));
        let throughput = self.throughput.as_deref();
        facts.extend(throughput.map(|word| Fact::Other(Aspect::Throughput, word.to_owned())));
        facts
    }
}

impl Inspection {
    /// Those of these permissions that the token has not.
    pub fn missing_scopes(&self, wanted: &[&'static str]) -> Vec<&'static str> {
        wanted.iter().copied().filter(|scope| !self.may(scope)).collect()
    }
}
