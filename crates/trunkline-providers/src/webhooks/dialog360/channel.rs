use jiff::Timestamp;
use serde_json::value::RawValue;
use trunkline_core::events::words::{LimitScope, channel_status, limit, quality};
use trunkline_core::events::{Aspect, Fact};
use trunkline_core::legacy::phone_number;
use trunkline_core::{ChannelStatus, Provider};

use super::super::loose::{Loose, Part, forms, part_or_nothing};

forms! {
    /// A channel as a webhook has it; number and name stand in it, or in its `setup_info`.
    pub(super) struct Channel {
        id: Loose,
        status: Loose,
        new_status: Loose,
        hub_status: Loose,
        account_mode: Loose,
        terminated_at: Loose,
        modified_at: Loose,
        phone_number: Loose,
        phone_name: Loose,
        current_limit: Loose,
        current_quality_rating: Loose,
        quality_rating: Loose,
        setup_info: Part,
        waba_account: Part,
    }

    struct SetUp {
        phone_number: Loose,
        phone_name: Loose,
    }

    struct Account {
        fb_account_status: Loose,
    }
}

impl<'a> Channel<'a> {
    pub(super) fn read(raw: Option<&'a RawValue>) -> Self {
        part_or_nothing(raw)
    }

    pub(super) fn id(&self) -> Option<String> {
        self.id.text()
    }

    pub(super) fn modified_at(&self) -> Option<Timestamp> {
        self.modified_at.time()
    }

    pub(super) fn phone_number(&self) -> Option<String> {
        let set_up: SetUp<'_> = part_or_nothing(self.setup_info);
        let read = |loose: &Loose<'_>| loose.get().and_then(phone_number);
        read(&self.phone_number).or_else(|| read(&set_up.phone_number))
    }

    /// How it stands, by the words of its own that are certain.
    pub(super) fn status(&self) -> Option<Fact> {
        let fact = |loose: &Loose<'_>| {
            let word = loose.text()?;
            let status = channel_status(Provider::Dialog360, &word)?;
            Some(Fact::ChannelStatus { status, word })
        };
        let is_live = self.account_mode.get() == Some("live");
        // `ready` and `running` are said of a channel that is live as well.
        let is_set_up = |fact: &Fact| {
            matches!(fact, Fact::ChannelStatus { status: ChannelStatus::Pending, .. })
        };
        fact(&self.new_status)
            .or_else(|| fact(&self.status))
            .filter(|found| !(is_live && is_set_up(found)))
            .or_else(|| fact(&self.account_mode))
    }

    /// What it says of itself, but for how it stands, unless it has ended.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let set_up: SetUp<'_> = part_or_nothing(self.setup_info);
        let account: Account<'_> = part_or_nothing(self.waba_account);
        let mut facts = Vec::new();
        let ended = match self.hub_status.text() {
            _ if self.terminated_at.get().is_some() => Some("terminated".to_owned()),
            Some(word) if ["deleted", "terminated", "cancelled"].contains(&&*word) => Some(word),
            _ => None,
        };
        if let Some(word) = ended
            && let Some(status) = channel_status(Provider::Dialog360, &word)
        {
            facts.push(Fact::ChannelStatus { status, word });
        }
        facts.extend(self.phone_number().map(Fact::PhoneNumber));
        let name = self.phone_name.text().or_else(|| set_up.phone_name.text());
        facts.extend(name.map(Fact::DisplayName));
        let word = self.current_quality_rating.text().or_else(|| self.quality_rating.text());
        facts.extend(word.and_then(|word| Some(Fact::Quality { rating: quality(&word)?, word })));
        let word = self.current_limit.text();
        facts.extend(word.and_then(|word| limit(&word, LimitScope::Number)).map(Fact::Limit));
        let word = account.fb_account_status.text();
        facts.extend(word.map(|word| Fact::Other(Aspect::Verification, word)));
        facts
    }
}
