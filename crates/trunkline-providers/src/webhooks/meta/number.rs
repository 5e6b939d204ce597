//! What happens to one number; the account and the digits are all that says which.

use std::borrow::Cow;

use trunkline_core::ChannelStatus;
use trunkline_core::events::words::{LimitScope, limit};
use trunkline_core::events::{Aspect, Change, Event, EventKind, Fact, Subject};

use super::super::loose::{Loose, Part, forms, part_or_nothing};
use super::Told;

forms! {
    struct Value {
        display_phone_number: Loose,
        event: Loose,
        decision: Loose,
        requested_verified_name: Loose,
        current_limit: Loose,
        max_daily_conversations_per_business: Loose,
        phone_number_settings: Part,
    }

    struct Settings {
        phone_number_id: Loose,
    }
}

impl Value<'_> {
    fn subject(&self, told: &Told<'_>) -> Subject {
        told.channel(None, self.display_phone_number.get())
    }
}

/// `phone_number_name_update`: an approved name is the number's from then on.
pub(super) fn name(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let mut facts = Vec::new();
    if let Some(word) = value.decision.text() {
        let name = value.requested_verified_name.text().filter(|_| word == "APPROVED");
        facts.push(Fact::Other(Aspect::NameReview, word));
        facts.extend(name.map(Fact::DisplayName));
    }
    let mut event =
        told.event(EventKind::ChannelNameChanged, value.subject(told), Change::of(facts));
    event.hints = true;
    event
}

/// `phone_number_quality_update`: it names no quality, so the quality must be asked for.
pub(super) fn quality(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let name = value.event.text().unwrap_or_default();
    let mut facts = Vec::new();
    let kind = match name.as_str() {
        // What stands in `current_limit` is a throughput here.
        "THROUGHPUT_UPGRADE" => {
            facts.push(Fact::Other(Aspect::Throughput, name.clone()));
            EventKind::ChannelUpdated
        }
        "FLAGGED" | "UNFLAGGED" => {
            let flagged = name == "FLAGGED";
            let status = if flagged { ChannelStatus::Flagged } else { ChannelStatus::Running };
            facts.push(Fact::ChannelStatus { status, word: name.clone() });
            EventKind::ChannelStatusChanged
        }
        "ONBOARDING" | "UPGRADE" | "DOWNGRADE" => EventKind::ChannelLimitChanged,
        _ => EventKind::ChannelQualityChanged,
    };
    if kind != EventKind::ChannelUpdated {
        let word = |loose: &Loose<'_>, scope| loose.text().and_then(|word| limit(&word, scope));
        let read = word(&value.max_daily_conversations_per_business, LimitScope::Portfolio)
            .or_else(|| word(&value.current_limit, LimitScope::Number));
        facts.extend(read.map(Fact::Limit));
    }
    let mut event = told.event(kind, value.subject(told), Change::of(facts));
    event.provider_kind = Cow::Owned(format!("phone_number_quality_update {name}"));
    event.hints = true;
    event
}

/// `security`: a changed PIN makes a stored one useless.
pub(super) fn pin(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let fact = value.event.text().map(|word| Fact::Other(Aspect::Pin, word));
    let (subject, change) = (value.subject(told), Change::of(fact));
    let mut event = told.event(EventKind::ChannelPinChanged, subject, change);
    // Who asked for the reset is a person's number.
    event.raw = None;
    if let Some(word) = value.event.text() {
        event.provider_kind = Cow::Owned(format!("security {word}"));
    }
    event
}

/// `account_settings_update`
pub(super) fn settings(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let settings: Settings<'_> = part_or_nothing(value.phone_number_settings);
    let subject = told.channel(settings.phone_number_id.text(), None);
    told.event(EventKind::ChannelUpdated, subject, Change::Nothing)
}
