//! What people write and what becomes of what is written to them. Neither their numbers nor their words are read.

use std::borrow::Cow;

use serde_json::value::RawValue;
use trunkline_core::events::words::message_status;
use trunkline_core::events::{Change, Event, EventKey, EventKind, MessageError, Subject};

use super::super::loose::{Loose, Part, elements, forms, kept, part, part_or_nothing};
use super::Told;

forms! {
    /// Which number of ours.
    pub(super) struct Metadata {
        phone_number_id: Loose,
        display_phone_number: Loose,
    }
}

impl<'a> Metadata<'a> {
    pub(super) fn read(raw: Option<&'a RawValue>) -> Self {
        part_or_nothing(raw)
    }

    pub(super) fn subject(&self, told: &Told<'_>) -> Subject {
        told.channel(self.phone_number_id.text(), self.display_phone_number.get())
    }
}

forms! {
    struct Value {
        metadata: Part,
        messages: Part,
        message_echoes: Part,
        statuses: Part,
        errors: Part,
        user_preferences: Part,
        automatic_events: Part,
    }

    struct Message {
        id: Loose,
        timestamp: Loose,
        #[serde(rename = "type")]
        kind: Loose,
    }

    struct Status {
        id: Loose,
        #[serde(rename = "status")]
        word: Loose,
        timestamp: Loose,
        /// Of a group, one of its members.
        recipient_participant_id: Loose,
        errors: Part,
    }

    struct Error {
        code: Loose,
        title: Loose,
    }
}

/// Statuses, messages and errors of one number, each an event.
pub(super) fn read(told: &Told<'_>, events: &mut Vec<Event>) {
    let before = events.len();
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let subject = Metadata::read(value.metadata).subject(told);
    for raw in elements(value.statuses) {
        events.push(status(told, &subject, raw));
    }
    for (messages, kind) in [
        (value.messages, EventKind::MessageReceived),
        (value.message_echoes, EventKind::MessageEchoed),
    ] {
        events.extend(elements(messages).into_iter().map(|raw| message(told, &subject, kind, raw)));
    }
    for raw in elements(value.errors) {
        let mut event = told.event(EventKind::ChannelFailed, subject.clone(), Change::Nothing);
        (event.dedupe_key, event.raw) = (told.key(raw), kept(raw));
        events.push(event);
    }
    if events.len() == before {
        events.push(told.unknown());
    }
}

fn status(told: &Told<'_>, subject: &Subject, raw: &RawValue) -> Event {
    let read: Status<'_> = part_or_nothing(Some(raw));
    let (Some(id), Some(word)) = (read.id.text(), read.word.text()) else {
        let mut event = told.unknown();
        event.dedupe_key = told.key(raw);
        return event;
    };
    let status = message_status(&word);
    let member = read.recipient_participant_id.get();
    let dedupe_key = match status {
        Some(status) => EventKey::of_status(&id, member, status),
        None => EventKey::of(&[b"status", id.as_bytes(), word.as_bytes()]),
    };
    Event {
        kind: EventKind::MessageStatus,
        subject: subject.clone(),
        occurred_at: read.timestamp.time(),
        dedupe_key,
        change: Change::Status { id, status, word, error: error(read.errors) },
        ..told.empty()
    }
}

fn error(errors: Option<&RawValue>) -> Option<MessageError> {
    let first = elements(errors).into_iter().next()?;
    let Error { code, title } = part(first)?;
    Some(MessageError { code: code.text()?, title: title.text() })
}

fn message(told: &Told<'_>, subject: &Subject, kind: EventKind, raw: &RawValue) -> Event {
    let read: Message<'_> = part_or_nothing(Some(raw));
    let dedupe_key = match read.id.get() {
        Some(id) => EventKey::of(&[b"message", id.as_bytes()]),
        None => told.key(raw),
    };
    Event {
        kind,
        subject: subject.clone(),
        occurred_at: read.timestamp.time(),
        dedupe_key,
        change: Change::Message {
            id: read.id.text().unwrap_or_default(),
            word: read.kind.text().unwrap_or_default(),
        },
        ..told.empty()
    }
}

/// A part of the messages of before, up to thousands of them: one event.
pub(super) fn history(told: &Told<'_>) -> Event {
    of_people(told, EventKind::HistoryReceived)
}

/// Contacts that were added or removed in the app: one event.
pub(super) fn contacts(told: &Told<'_>) -> Event {
    of_people(told, EventKind::ContactsReceived)
}

fn of_people(told: &Told<'_>, kind: EventKind) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let subject = Metadata::read(value.metadata).subject(told);
    let mut event = told.event(kind, subject, Change::Nothing);
    event.raw = None;
    event
}

forms! {
    struct Item {
        timestamp: Loose,
        /// Of a preference: stop, resume.
        value: Loose,
        /// Of a conversion.
        event_name: Loose,
    }
}

/// Who wants marketing messages and who does not.
pub(super) fn preferences(told: &Told<'_>, events: &mut Vec<Event>) {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    each(told, &value, value.user_preferences, EventKind::PreferenceChanged, events);
}

/// What conversations led to.
pub(super) fn conversions(told: &Told<'_>, events: &mut Vec<Event>) {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    each(told, &value, value.automatic_events, EventKind::ConversionSeen, events);
}

fn each(
    told: &Told<'_>,
    value: &Value<'_>,
    items: Option<&RawValue>,
    kind: EventKind,
    events: &mut Vec<Event>,
) {
    let items = elements(items);
    if items.is_empty() {
        events.push(told.unknown());
    }
    for raw in items {
        let item: Item<'_> = part_or_nothing(Some(raw));
        let mut event =
            told.event(kind, Metadata::read(value.metadata).subject(told), Change::Nothing);
        if let Some(word) = item.value.text().or_else(|| item.event_name.text()) {
            event.provider_kind = Cow::Owned(format!("{} {word}", told.field));
        }
        event.occurred_at = item.timestamp.time().or(told.time);
        (event.dedupe_key, event.raw) = (told.key(raw), None);
        events.push(event);
    }
}
