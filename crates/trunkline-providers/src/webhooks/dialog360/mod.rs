//! 360dialog's webhooks about the clients and channels of a partner
//! (`https://docs.360dialog.com/partner/onboarding/webhook-events-and-setup`).
//!
//! Their forms are known from integrations more than from documents: an event or a list of events, its name in `event` or
//! `type`, its channel in `data`, in `channel` or beside them.

mod channel;

use std::borrow::Cow;

use serde_json::value::RawValue;
use trunkline_core::events::words::client_status;
use trunkline_core::events::{Aspect, Change, Event, EventKey, EventKind, Fact, Source, Subject};
use trunkline_core::legacy::phone_number;
use trunkline_core::{ChannelStatus, Provider};

use self::channel::Channel;
use super::Unreadable;
use super::loose::{Loose, Part, elements, forms, json, kept, other, part, part_or_nothing};

forms! {
    struct Envelope {
        id: Loose,
        event: Loose,
        #[serde(rename = "type")]
        kind: Loose,
        channel_id: Loose,
        channel: Part,
        data: Part,
    }

    /// The part of `data` that is no channel's.
    struct Data {
        client: Part,
        metadata: Part,
        template: Part,
    }

    struct Client {
        id: Loose,
        name: Loose,
        status: Loose,
    }

    struct Metadata {
        display_phone_number: Loose,
    }

    struct Template {
        new_status: Loose,
        new_category: Loose,
    }
}

const SOURCE: Source = Source::Dialog360Events;

pub(super) fn read(body: &[u8]) -> Result<Vec<Event>, Unreadable> {
    let body = json(body)?;
    let is_list_or_object = body.get().starts_with(['[', '{']);
    let raws = if is_list_or_object { elements(Some(body)) } else { vec![body] };
    Ok(raws.into_iter().map(read_event).collect())
}

fn read_event(raw: &RawValue) -> Event {
    let bytes = raw.get().as_bytes();
    let Some(envelope) = part::<Envelope<'_>>(raw) else {
        return other(SOURCE, "no event", bytes);
    };
    let Some(name) = envelope.event.text().or_else(|| envelope.kind.text()) else {
        return other(SOURCE, "no event", bytes);
    };
    let data: Data<'_> = part_or_nothing(envelope.data);
    let channel = Channel::read(envelope.data.or(envelope.channel));
    let dedupe_key = match envelope.id.get() {
        Some(id) => EventKey::of(&[b"360dialog", name.as_bytes(), id.as_bytes()]),
        None => EventKey::of(&[b"360dialog", bytes]),
    };
    let mut event = Event {
        source: SOURCE,
        kind: EventKind::Other,
        subject: subject(&envelope, &channel),
        occurred_at: channel.modified_at(),
        dedupe_key,
        change: Change::Nothing,
        hints: false,
        raw: envelope.data.and_then(kept),
        provider_kind: Cow::Borrowed(""),
    };
    fill(&mut event, &name, &data, &channel, &envelope);
    event.provider_kind = Cow::Owned(name);
    event
}

fn subject(envelope: &Envelope<'_>, channel: &Channel<'_>) -> Subject {
    let nested = Channel::read(envelope.channel);
    let id = channel.id().or_else(|| envelope.channel_id.text()).or_else(|| nested.id());
    let number = channel.phone_number();
    match (id, number) {
        (None, None) => Subject::Account,
        (id, number) => {
            Subject::Channel { number: number.filter(|_| id.is_none()), id, client: None }
        }
    }
}

fn fill(
    event: &mut Event,
    name: &str,
    data: &Data<'_>,
    channel: &Channel<'_>,
    envelope: &Envelope<'_>,
) {
    let status = |status| Fact::ChannelStatus { status, word: name.to_owned() };
    let with = |more: Vec<Fact>| Change::of(channel.facts().into_iter().chain(more));
    let other = |aspect, word: &str| Fact::Other(aspect, word.to_owned());
    // What a webhook says of a channel may be late: it is asked for after each.
    event.hints = true;
    (event.kind, event.change) = match name {
        "client_created" => return fill_client(event, data, envelope),
        // A number that is made is pending anyway, and one of these that comes late must not set it back.
        "channel_created" | "channel_submitted" | "channel_ready" => {
            let kind = if name == "channel_created" {
                EventKind::ChannelCreated
            } else {
                EventKind::ChannelStatusChanged
            };
            (kind, with(Vec::new()))
        }
        "channel_running" | "channel_live" => {
            (EventKind::ChannelStatusChanged, with(vec![status(ChannelStatus::Running)]))
        }
        "channel_status_changed" => {
            (EventKind::ChannelStatusChanged, with(channel.status().into_iter().collect()))
        }
        "phone_number_quality_changed" => (EventKind::ChannelQualityChanged, with(Vec::new())),
        "channel_permission_granted" | "channel_permission_revoked" => {
            let word = name.trim_start_matches("channel_permission_");
            (EventKind::ChannelPermissionChanged, with(vec![other(Aspect::Permission, word)]))
        }
        "cancellation_request" | "cancellation_revoke" | "cancellation_processed" => {
            let mut facts = vec![other(Aspect::Cancellation, name)];
            if name == "cancellation_processed" {
                facts.push(status(ChannelStatus::Disconnected));
            }
            (EventKind::ChannelCancellationChanged, with(facts))
        }
        "account_violation" => (EventKind::ClientViolated, Change::Nothing),
        "account_restriction" => {
            (EventKind::ClientRestricted, Change::of([status(ChannelStatus::Restricted)]))
        }
        "template_messaging_enabled" | "template_messaging_disabled" => {
            (EventKind::ChannelUpdated, with(Vec::new()))
        }
        _ => return fill_more(event, name, data),
    };
}

/// A company's account; its fields stand in `client` or in `data` itself.
fn fill_client(event: &mut Event, data: &Data<'_>, envelope: &Envelope<'_>) {
    let read: Client<'_> = part_or_nothing(data.client.or(envelope.data));
    event.kind = EventKind::ClientCreated;
    event.subject = read.id.text().map_or(Subject::Account, Subject::Client);
    let status = read.status.text().and_then(|word| {
        let status = client_status(Provider::Dialog360, &word)?;
        Some(Fact::ClientStatus { status, word })
    });
    event.change = Change::of(read.name.text().map(Fact::ClientName).into_iter().chain(status));
    // The account's owner stands in it.
    event.raw = None;
}

/// What is of no channel's life: templates, and the synchronisation with the app.
fn fill_more(event: &mut Event, name: &str, data: &Data<'_>) {
    event.hints = false;
    let template: Template<'_> = part_or_nothing(data.template);
    let (kind, word) = match name {
        "waba_template_status_changed" => {
            (EventKind::TemplateStatusChanged, template.new_status.text())
        }
        "waba_template_category_changed" => {
            (EventKind::TemplateCategoryChanged, template.new_category.text())
        }
        "history" => (EventKind::HistoryReceived, None),
        "smb_app_state_sync" => (EventKind::ContactsReceived, None),
        _ => (EventKind::Other, None),
    };
    event.kind = kind;
    let is_of_template =
        matches!(kind, EventKind::TemplateStatusChanged | EventKind::TemplateCategoryChanged);
    if !is_of_template {
        event.raw = None;
    }
    // The id in the data is Meta's, of the whole account.
    if kind != EventKind::Other {
        let metadata: Metadata<'_> = part_or_nothing(data.metadata);
        let number = metadata.display_phone_number.get().and_then(phone_number);
        event.subject = match number {
            Some(number) => Subject::Channel { id: None, number: Some(number), client: None },
            None => Subject::Account,
        };
    }
    if let Some(word) = word {
        event.provider_kind = Cow::Owned(format!("{name} {word}"));
    }
}
