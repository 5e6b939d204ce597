//! JSON of which nothing is certain: a value where one is looked for, or none.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use trunkline_core::events::{Change, Event, EventKey, EventKind, Source, Subject};

use super::Unreadable;

/// No id or word of a provider is longer; what is longer is cut.
const LONGEST: usize = 300;

/// The longest part of a body that is kept beside an event; longer ones stay in the inbox alone.
const LONGEST_RAW: usize = 64 * 1024;

/// A string or a number as text; anything else is as good as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Loose<'a>(Option<Cow<'a, str>>);

/// A part of a body, to be read by itself.
pub(super) type Part<'a> = Option<&'a RawValue>;

/// Forms in which a part of a body is read. A field may be missing: what is none of a form is one without anything.
macro_rules! forms {
    ($($(#[$of:meta])* $seen:vis struct $name:ident {
        $($(#[$of_field:meta])* $field:ident: $kind:ident,)*
    })*) => {
        $($(#[$of])*
        #[derive(Default, serde::Deserialize)]
        $seen struct $name<'a> {
            $($(#[$of_field])* #[serde(default, borrow)] $field: $kind<'a>,)*
        })*
    };
}

pub(super) use forms;

impl Loose<'_> {
    /// The text, unless it is empty.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// The text as one that PostgreSQL takes, and not longer than any word is.
    pub(super) fn text(&self) -> Option<String> {
        self.get().map(clean).filter(|text| !text.is_empty())
    }

    /// Unix seconds, or milliseconds where they cannot be seconds; or a time of ISO 8601, in UTC unless it says otherwise.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let text = self.get()?;
        let Ok(number) = text.parse::<i64>() else {
            let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
            return text.parse().ok().or_else(|| Some(civil()?.timestamp()));
        };
        let is_seconds = number.unsigned_abs() < 100_000_000_000;
        let time = if is_seconds { Timestamp::from_second } else { Timestamp::from_millisecond };
        time(number).ok().filter(|_| number > 0)
    }
}

/// A text without what PostgreSQL refuses, and not longer than any word is.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Loose(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Loose(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Loose(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Loose(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose(None))
    }
}

/// The body as JSON of whatever form.
pub(super) fn json(body: &[u8]) -> Result<&RawValue, Unreadable> {
    serde_json::from_slice(body).map_err(|_| Unreadable::NotJson)
}

/// A part of a body in the form that is looked for, if it has it.
pub(super) fn part<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A part that may be missing; without anything, where it has another form.
pub(super) fn part_or_nothing<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(part).unwrap_or_default()
}

/// The elements of a list; an object stands for a list of itself, and anything else has none.
pub(super) fn elements(raw: Option<&RawValue>) -> Vec<&RawValue> {
    let Some(raw) = raw else { return Vec::new() };
    match raw.get().as_bytes().first() {
        Some(b'[') => part(raw).unwrap_or_default(),
        Some(b'{') => vec![raw],
        _ => Vec::new(),
    }
}

/// What is kept of a part of a body beside its event.
pub(super) fn kept(raw: &RawValue) -> Option<String> {
    Some(raw.get()).filter(|text| text.len() <= LONGEST_RAW).map(ToOwned::to_owned)
}

/// A body of which nothing is understood.
pub(super) fn other(source: Source, provider_kind: &str, raw: &[u8]) -> Event {
    Event {
        source,
        kind: EventKind::Other,
        provider_kind: clean(provider_kind).into(),
        subject: Subject::Account,
        occurred_at: None,
        dedupe_key: EventKey::of(&[b"other", source.as_str().as_bytes(), raw]),
        change: Change::Nothing,
        hints: false,
        raw: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::value::RawValue;

    use super::{Loose, elements};

    fn loose(json: &str) -> Loose<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_id_is_text_whether_it_came_as_a_number_or_as_a_string() {
        assert_eq!(loose("1689556908129832").text().as_deref(), Some("1689556908129832"));
        assert_eq!(loose("\"168\"").text().as_deref(), Some("168"));
        assert_eq!(loose("\"a\\u0000b\"").text().as_deref(), Some("ab"));
        for nothing in ["null", "true", "[1, {}]", "{\"a\": [1]}", "\"\"", "\"\\u0000\""] {
            assert_eq!(loose(nothing).text(), None, "{nothing}");
        }
    }

    #[test]
    fn a_time_is_read_in_every_form_and_nonsense_is_none() {
        let expected = Timestamp::from_second(1_750_263_773).unwrap();
        for text in [
            "1750263773",
            "\"1750263773\"",
            "1750263773000",
            "\"2025-06-18T16:22:53Z\"",
            "\"2025-06-18T16:22:53\"",
        ] {
            assert_eq!(loose(text).time(), Some(expected), "{text}");
        }
        for text in ["-1", "0", "1e300", "\"yesterday\"", "null", "9223372036854775807"] {
            assert_eq!(loose(text).time(), None, "{text}");
        }
    }

    #[test]
    fn an_object_stands_for_a_list_of_itself() {
        let count = |json: &str| {
            let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
            elements(Some(&raw)).len()
        };
        assert_eq!((count("[1, {}, null]"), count("{}"), count("7"), count("null")), (3, 1, 0, 0));
    }
}
