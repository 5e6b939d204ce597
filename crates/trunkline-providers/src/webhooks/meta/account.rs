//! Reviews, warnings, limits and solutions of an account.

use std::borrow::Cow;

use trunkline_core::events::words::{LimitScope, limit};
use trunkline_core::events::{Aspect, Change, Event, EventKind, Fact, Subject};

use super::super::loose::{Loose, Part, forms, part_or_nothing};
use super::Told;

forms! {
    struct Value {
        decision: Loose,
        event: Loose,
        entity_type: Loose,
        entity_id: Loose,
        alert_info: Part,
        /// Older payloads have what is in `alert_info` here.
        alert_type: Loose,
        max_daily_conversations_per_business: Loose,
        max_daily_conversation_per_phone: Loose,
    }

    struct Alert {
        alert_type: Loose,
    }
}

/// `account_review_update`
pub(super) fn review(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let fact = value.decision.text().map(|word| Fact::Other(Aspect::Review, word));
    told.event(EventKind::ClientReviewChanged, told.client(), Change::of(fact))
}

/// `account_alerts`: of an account, or of one number.
pub(super) fn alert(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let subject = match (value.entity_type.get(), value.entity_id.text()) {
        (Some("PHONE_NUMBER"), Some(id)) => told.channel(Some(id), None),
        _ => told.client(),
    };
    let info: Alert<'_> = part_or_nothing(value.alert_info);
    let mut event = told.event(EventKind::ClientAlerted, subject, Change::Nothing);
    if let Some(word) = info.alert_type.text().or_else(|| value.alert_type.text()) {
        event.provider_kind = Cow::Owned(format!("account_alerts {word}"));
    }
    event.hints = true;
    event
}

/// `business_capability_update`: a tier, a number or a number in a string; the older form is of each number alone.
pub(super) fn capability(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let word = |loose: &Loose<'_>, scope| loose.text().and_then(|word| limit(&word, scope));
    let read = word(&value.max_daily_conversations_per_business, LimitScope::Portfolio)
        .or_else(|| word(&value.max_daily_conversation_per_phone, LimitScope::Number));
    let hints = read.is_none();
    let change = Change::of(read.map(Fact::Limit));
    let mut event = told.event(EventKind::ChannelLimitChanged, told.client(), change);
    event.hints = hints;
    event
}

/// `partner_solutions`: its entry is the partner's own portfolio.
pub(super) fn solution(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let mut event = told.event(EventKind::SolutionChanged, Subject::Account, Change::Nothing);
    if let Some(word) = value.event.text() {
        event.provider_kind = Cow::Owned(format!("partner_solutions {word}"));
    }
    event
}

/// `payment_configuration_update`
pub(super) fn payment(told: &Told<'_>) -> Event {
    told.event(EventKind::ClientUpdated, told.client(), Change::Nothing)
}
