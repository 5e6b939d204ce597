//! `account_update`: what happens to an account. Which event it is stands in the value
//! (`https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_update`).

use std::borrow::Cow;

use serde_json::value::RawValue;
use trunkline_core::events::{Aspect, Change, Event, EventKind, Fact, Subject};
use trunkline_core::{ChannelStatus, ClientStatus};

use super::super::loose::{Loose, Part, elements, forms, part, part_or_nothing};
use super::Told;

forms! {
    struct Value {
        event: Loose,
        /// Of older payloads, about one number.
        phone_number: Loose,
        waba_info: Part,
        ban_info: Part,
        restriction_info: Part,
    }

    struct Account {
        waba_id: Loose,
        owner_business_id: Loose,
    }

    struct Ban {
        waba_ban_state: Loose,
    }

    struct Restriction {
        restriction_type: Loose,
    }
}

/// Whether a value without a field is one of these.
pub(super) fn is_known(raw: &RawValue) -> bool {
    let value: Value<'_> = part_or_nothing(Some(raw));
    value.event.get().is_some_and(|event| kind(event) != EventKind::Other)
}

fn kind(event: &str) -> EventKind {
    match event {
        "PARTNER_ADDED" | "PARTNER_APP_INSTALLED" | "ACCOUNT_RECONNECTED" => {
            EventKind::ClientConnected
        }
        "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" | "ACCOUNT_OFFBOARDED" => {
            EventKind::ClientDisconnected
        }
        "ACCOUNT_DELETED" => EventKind::ClientDeleted,
        "ACCOUNT_RESTRICTION" => EventKind::ClientRestricted,
        "ACCOUNT_VIOLATION" => EventKind::ClientViolated,
        "DISABLED_UPDATE" => EventKind::ClientBanChanged,
        "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE" | "VERIFIED_ACCOUNT" => {
            EventKind::ClientVerificationChanged
        }
        "AD_ACCOUNT_LINKED"
        | "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE"
        | "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE"
        | "MM_LITE_TERMS_SIGNED"
        | "VOLUME_BASED_PRICING_TIER_UPDATE" => EventKind::ClientUpdated,
        _ => EventKind::Other,
    }
}

pub(super) fn read(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let account: Account<'_> = part_or_nothing(value.waba_info);
    let name = value.event.text().unwrap_or_default();
    let kind = kind(&name);
    // The entry of an event about a partner is the partner's own portfolio.
    let id = account.waba_id.get().or(told.entry);
    let subject = match value.phone_number.get() {
        Some(number) => told.channel(None, Some(number)),
        None => told.client_with(id),
    };
    let mut facts = facts(&name, &value, matches!(subject, Subject::Channel { .. }));
    if let Some(owner) = account.owner_business_id.text()
        && matches!(subject, Subject::Client(_))
    {
        facts.push(Fact::Other(Aspect::Portfolio, owner));
    }
    let mut event = told.event(kind, subject, Change::of(facts));
    event.provider_kind = Cow::Owned(format!("account_update {name}"));
    event.hints = matches!(
        kind,
        EventKind::ClientConnected
            | EventKind::ClientDisconnected
            | EventKind::ClientRestricted
            | EventKind::ClientBanChanged
            // Of a request for certification: whether the business is verified, the provider is asked.
            | EventKind::ClientVerificationChanged
            | EventKind::Other
    );
    event
}

fn facts(name: &str, value: &Value<'_>, is_of_number: bool) -> Vec<Fact> {
    let word = || name.to_owned();
    let both = |client, channels| {
        vec![
            Fact::ClientStatus { status: client, word: word() },
            Fact::ChannelStatus { status: channels, word: word() },
        ]
    };
    match name {
        // It may be another partner's app that was uninstalled: the provider is asked.
        "PARTNER_REMOVED" => both(ClientStatus::Disconnected, ChannelStatus::Disconnected),
        "ACCOUNT_DELETED" => both(ClientStatus::Deleted, ChannelStatus::Deleted),
        "DISABLED_UPDATE" => ban(value.ban_info),
        "ACCOUNT_RESTRICTION" => restriction(value.restriction_info, is_of_number),
        "VERIFIED_ACCOUNT" => vec![Fact::Other(Aspect::Verification, word())],
        _ => Vec::new(),
    }
}

fn ban(info: Option<&RawValue>) -> Vec<Fact> {
    let read: Ban<'_> = part_or_nothing(info);
    let Some(word) = read.waba_ban_state.text() else { return Vec::new() };
    let state = Fact::Other(Aspect::Ban, word.clone());
    match word.as_str() {
        "DISABLE" => vec![
            state,
            Fact::ClientStatus { status: ClientStatus::Suspended, word: word.clone() },
            Fact::ChannelStatus { status: ChannelStatus::Banned, word },
        ],
        // How the numbers stand after that is for the re-read to tell.
        "REINSTATE" => {
            vec![state, Fact::ClientStatus { status: ClientStatus::Active, word }]
        }
        _ => vec![state],
    }
}

fn restriction(info: Option<&RawValue>, is_of_number: bool) -> Vec<Fact> {
    let types = elements(info)
        .into_iter()
        .filter_map(|raw| part::<Restriction<'_>>(raw)?.restriction_type.text());
    let words = types.collect::<Vec<_>>().join(",");
    let status = if is_of_number {
        Fact::ChannelStatus { status: ChannelStatus::Restricted, word: words.clone() }
    } else {
        Fact::ClientStatus { status: ClientStatus::Restricted, word: words.clone() }
    };
    vec![status, Fact::Other(Aspect::Restrictions, words)]
}
