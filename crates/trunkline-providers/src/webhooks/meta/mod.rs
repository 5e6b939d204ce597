//! Meta's webhooks, and 360dialog's of numbers, which have the same shape
//! (`https://developers.facebook.com/docs/graph-api/webhooks/getting-started`).
//!
//! One body holds changes of many accounts; each change has a field, whose name says what its value is.

mod account;
mod account_update;
mod message;
mod number;
mod template;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use trunkline_core::events::{Change, Event, EventKey, EventKind, Source, Subject};
use trunkline_core::legacy::phone_number;

use super::Unreadable;
use super::loose::{Loose, clean, elements, json, kept, other, part, part_or_nothing};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    entry: &'a RawValue,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(default, borrow)]
    id: Loose<'a>,
    /// When it was sent.
    #[serde(default, borrow)]
    time: Loose<'a>,
    #[serde(borrow)]
    changes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawChange<'a> {
    #[serde(default, borrow)]
    field: Loose<'a>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A change, and where it stood.
struct Told<'a> {
    source: Source,
    /// The id of the entry: mostly of the account.
    entry: Option<&'a str>,
    time: Option<Timestamp>,
    field: &'a str,
    value: &'a RawValue,
}

pub(super) fn read(source: Source, body: &[u8]) -> Result<Vec<Event>, Unreadable> {
    let Ok(Envelope { entry }) = serde_json::from_slice(body) else {
        return json(body).map(|_| vec![other(source, "no entry", body)]);
    };
    let mut events = Vec::new();
    for raw in elements(Some(entry)) {
        match part::<Entry<'_>>(raw) {
            Some(entry) => read_entry(source, raw, &entry, &mut events),
            None => events.push(other(source, "entry", raw.get().as_bytes())),
        }
    }
    Ok(events)
}

fn read_entry(source: Source, raw: &RawValue, entry: &Entry<'_>, events: &mut Vec<Event>) {
    let changes = elements(entry.changes);
    if changes.is_empty() {
        // The app asked for the names of fields alone, or Meta has a new form.
        let mut event = other(source, "changed_fields", raw.get().as_bytes());
        event.hints = true;
        events.push(event);
    }
    for raw in changes {
        let (id, time) = (entry.id.get(), entry.time.time());
        let change = part::<RawChange<'_>>(raw);
        let told = change.as_ref().and_then(|change| {
            let field = change.field.get().unwrap_or_default();
            Some(Told { source, entry: id, time, field, value: change.value? })
        });
        match told {
            Some(told) => told.read(events),
            None => events.push(other(source, "change", raw.get().as_bytes())),
        }
    }
}

impl Told<'_> {
    fn read(&self, events: &mut Vec<Event>) {
        match self.field {
            "messages" | "smb_message_echoes" | "message_echoes" => message::read(self, events),
            "history" => events.push(message::history(self)),
            "smb_app_state_sync" => events.push(message::contacts(self)),
            "user_preferences" => message::preferences(self, events),
            "automatic_events" => message::conversions(self, events),
            "account_update" => events.push(account_update::read(self)),
            "account_review_update" => events.push(account::review(self)),
            "account_alerts" => events.push(account::alert(self)),
            "business_capability_update" => events.push(account::capability(self)),
            "partner_solutions" => events.push(account::solution(self)),
            "payment_configuration_update" => events.push(account::payment(self)),
            "account_settings_update" => events.push(number::settings(self)),
            "phone_number_name_update" => events.push(number::name(self)),
            "phone_number_quality_update" => events.push(number::quality(self)),
            "security" => events.push(number::pin(self)),
            "message_template_status_update"
            | "message_template_quality_update"
            | "message_template_components_update"
            | "template_category_update" => events.push(template::read(self)),
            // Meta's own examples misplace the field of this one.
            "" if account_update::is_known(self.value) => events.push(account_update::read(self)),
            _ => events.push(self.unknown()),
        }
    }

    /// An event of this change, which is all that there is of it.
    fn event(&self, kind: EventKind, subject: Subject, change: Change) -> Event {
        Event {
            kind,
            subject,
            change,
            dedupe_key: self.key(self.value),
            raw: kept(self.value),
            ..self.empty()
        }
    }

    /// The part that is common to every event of this change.
    fn empty(&self) -> Event {
        Event {
            source: self.source,
            kind: EventKind::Other,
            provider_kind: Cow::Borrowed(known_field(self.field)),
            subject: Subject::Account,
            occurred_at: self.time,
            dedupe_key: EventKey(0),
            change: Change::Nothing,
            hints: false,
            raw: None,
        }
    }

    /// The key of an event without an id: what was said, by which account, when.
    fn key(&self, raw: &RawValue) -> EventKey {
        let seconds = self.time.map_or(0, Timestamp::as_second).to_be_bytes();
        let entry = self.entry.unwrap_or_default();
        EventKey::of(&[self.field.as_bytes(), entry.as_bytes(), &seconds, raw.get().as_bytes()])
    }

    /// The account; 360dialog has other ids of its own for it.
    fn client(&self) -> Subject {
        self.client_with(self.entry)
    }

    fn client_with(&self, id: Option<&str>) -> Subject {
        match (self.source, id) {
            (Source::Meta, Some(id)) => Subject::Client(clean(id)),
            _ => Subject::Account,
        }
    }

    /// The number with this id or, where only that is known, with these digits.
    fn channel(&self, id: Option<String>, digits: Option<&str>) -> Subject {
        let number = || digits.and_then(phone_number);
        let (id, number, client) = match self.source {
            Source::Meta if id.is_some() => (id, None, None),
            Source::Meta => (None, number(), self.entry.map(clean)),
            _ => (None, number(), None),
        };
        match (&id, &number) {
            (None, None) => self.client(),
            _ => Subject::Channel { id, number, client },
        }
    }

    /// A field that this release does not know.
    fn unknown(&self) -> Event {
        #[derive(Default, Deserialize)]
        struct Value<'a> {
            #[serde(default, borrow)]
            metadata: Option<&'a RawValue>,
        }
        let value: Value<'_> = part_or_nothing(Some(self.value));
        let subject = match value.metadata {
            Some(metadata) => message::Metadata::read(Some(metadata)).subject(self),
            None => self.client(),
        };
        let mut event = self.event(EventKind::Other, subject, Change::Nothing);
        event.provider_kind = Cow::Owned(clean(self.field));
        event.hints = self.field == "business_status_update";
        // Who knows whose words stand in it.
        event.raw = None;
        event
    }
}

/// The names of fields that are read, so that an event need not copy its own.
fn known_field(field: &str) -> &'static str {
    const FIELDS: [&str; 20] = [
        "messages",
        "smb_message_echoes",
        "message_echoes",
        "history",
        "smb_app_state_sync",
        "user_preferences",
        "automatic_events",
        "account_update",
        "account_review_update",
        "account_alerts",
        "business_capability_update",
        "partner_solutions",
        "payment_configuration_update",
        "account_settings_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
    ];
    FIELDS.iter().copied().find(|known| *known == field).unwrap_or(match field {
        "security" => "security",
        _ => "account_update",
    })
}
