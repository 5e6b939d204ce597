//! Twilio's webhooks: a form or a JSON object of the same names
//! (`https://www.twilio.com/docs/messaging/guides/track-outbound-message-status`).
//!
//! Both kinds are told apart by the status, because a sender may have one address for both.

use std::borrow::Cow;
use std::collections::HashMap;

use trunkline_core::events::words::message_status;
use trunkline_core::events::{Change, Event, EventKey, EventKind, MessageError, Source, Subject};
use trunkline_core::legacy::phone_number;

use super::Unreadable;
use super::loose::{Loose, clean, other};

/// The parameters that are read; there may be any others, among them what people wrote.
const READ: [&str; 14] = [
    "AccountSid",
    "ErrorCode",
    "ErrorMessage",
    "From",
    "MediaContentType0",
    "MessageSid",
    "MessageStatus",
    "MessageType",
    "NumMedia",
    "SmsMessageSid",
    "SmsSid",
    "SmsStatus",
    "Timestamp",
    "To",
];

struct Parameters<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn read(body: &'a [u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotForm)?.trim_start();
        let name = |name: &str| READ.iter().copied().find(|known| *known == name);
        if text.starts_with('{') {
            let object: HashMap<Cow<'_, str>, Loose<'_>> =
                serde_json::from_str(text).map_err(|_| Unreadable::NotForm)?;
            let known = object
                .iter()
                .filter_map(|(key, value)| Some((name(key)?, Cow::Owned(value.get()?.to_owned()))));
            return Ok(Self(known.collect()));
        }
        if !text.contains('=') {
            return Err(Unreadable::NotForm);
        }
        let pairs = form_urlencoded::parse(text.as_bytes());
        Ok(Self(pairs.filter_map(|(key, value)| Some((name(&key)?, value))).collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, value)| *known == name && !value.is_empty());
        found.map(|(_, value)| &**value)
    }

    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }
}

/// The account that a webhook is about: a subaccount signs with its own token. By the same reading as its events', so that
/// nobody shows one account to the check and another to the worker.
pub fn account_sid(body: &[u8]) -> Option<String> {
    let parameters = Parameters::read(body).ok()?;
    let sid = parameters.get("AccountSid")?;
    let is_sid = sid.len() == 34
        && sid.starts_with("AC")
        && sid.bytes().skip(2).all(|byte| byte.is_ascii_hexdigit());
    is_sid.then(|| sid.to_owned())
}

pub(super) fn read(source: Source, body: &[u8]) -> Result<Vec<Event>, Unreadable> {
    let parameters = Parameters::read(body)?;
    let Some(id) = parameters.first(&["MessageSid", "SmsMessageSid", "SmsSid"]).map(clean) else {
        return Ok(vec![other(source, "no message", body)]);
    };
    let word = parameters.first(&["MessageStatus", "SmsStatus"]).map(clean);
    let is_inbound = match word.as_deref() {
        Some("received" | "receiving") => true,
        Some(_) => false,
        None => source == Source::TwilioMessages,
    };
    let mut event = if is_inbound {
        received(source, &id, &parameters)
    } else {
        status(source, &id, word.unwrap_or_default(), &parameters)
    };
    let ours = parameters.get(if is_inbound { "To" } else { "From" });
    event.subject = subject(ours, parameters.get("AccountSid"));
    Ok(vec![event])
}

fn subject(ours: Option<&str>, account: Option<&str>) -> Subject {
    match (ours.and_then(phone_number), account.map(clean)) {
        (Some(number), client) => Subject::Channel { id: None, number: Some(number), client },
        (None, Some(account)) => Subject::Client(account),
        (None, None) => Subject::Account,
    }
}

fn received(source: Source, id: &str, parameters: &Parameters<'_>) -> Event {
    let has_media = parameters.get("NumMedia").is_some_and(|number| number != "0");
    let word = match parameters.get("MessageType") {
        Some(word) => clean(word),
        None if has_media => "media".to_owned(),
        None => "text".to_owned(),
    };
    Event {
        kind: EventKind::MessageReceived,
        provider_kind: Cow::Borrowed("message"),
        dedupe_key: EventKey::of(&[b"message", id.as_bytes()]),
        change: Change::Message { id: id.to_owned(), word },
        ..empty(source)
    }
}

fn status(source: Source, id: &str, word: String, parameters: &Parameters<'_>) -> Event {
    let status = message_status(&word);
    let dedupe_key = match status {
        Some(status) => EventKey::of_status(id, None, status),
        None => EventKey::of(&[b"status", id.as_bytes(), word.as_bytes()]),
    };
    let error = parameters.get("ErrorCode").filter(|code| *code != "0").map(|code| MessageError {
        code: clean(code),
        title: parameters.get("ErrorMessage").map(clean),
    });
    Event {
        kind: EventKind::MessageStatus,
        provider_kind: Cow::Borrowed("status"),
        dedupe_key,
        change: Change::Status { id: id.to_owned(), status, word, error },
        ..empty(source)
    }
}

fn empty(source: Source) -> Event {
    Event { provider_kind: Cow::Borrowed(""), ..other(source, "", b"") }
}

#[cfg(test)]
mod tests {
    use super::account_sid;

    #[test]
    fn a_webhook_names_the_account_that_its_events_are_of() {
        let sid = |letter: &str| format!("AC{}", letter.repeat(32));
        let form = format!("MessageSid=SM1&AccountSid={}", sid("a"));
        assert_eq!(account_sid(form.as_bytes()), Some(sid("a")));
        // Read as a form, it would name another one.
        let json = format!(r#" {{"AccountSid":"{}","x":"&AccountSid={}&y="}}"#, sid("a"), sid("b"));
        assert_eq!(account_sid(json.as_bytes()), Some(sid("a")));
        assert_eq!(account_sid(b"AccountSid=AC1"), None);
        assert_eq!(account_sid(b"\xff\xfe{}"), None);
    }
}
