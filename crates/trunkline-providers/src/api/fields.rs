use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use serde_json::Value;

use crate::{
    api::{Known, Word},
    exchange::text,
};

/// Reads fields of an answer by JSON pointers (RFC 6901). A field that is missing, null or of another type is `None`.
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    pub(crate) fn value(&self, path: &str) -> Option<&'a Value> {
        self.0.pointer(path).filter(|value| !value.is_null())
    }

    /// A text, without characters that nobody writes; a number too, because ids come as either.
    pub(crate) fn text(&self, path: &str) -> Option<Box<str>> {
        let text = self.value(path).and_then(text)?;
        let is_plain = !text.chars().any(char::is_control);
        let text = if is_plain { text } else { text.replace(char::is_control, "") };
        (!text.is_empty()).then(|| text.into())
    }

    pub(crate) fn word<T: Known>(&self, path: &str) -> Option<Word<T>> {
        self.text(path).map(Word::new)
    }

    /// A truth value, also as the text `"true"`.
    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        let value = self.value(path)?;
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// A whole number, also as a text.
    pub(crate) fn integer(&self, path: &str) -> Option<i64> {
        let value = self.value(path)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A number, also as a text.
    pub(crate) fn number(&self, path: &str) -> Option<f64> {
        let value = self.value(path)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A list of texts; what is none is left out.
    pub(crate) fn texts(&self, path: &str) -> Vec<Box<str>> {
        let listed = self.value(path).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(text).map(Into::into).collect()
    }

    /// A moment: unix seconds (0 means none), ISO 8601 with or without a zone (then UTC), or RFC 2822.
    pub(crate) fn time(&self, path: &str) -> Option<Timestamp> {
        let value = self.value(path)?;
        if let Some(seconds) = value.as_i64() {
            return Timestamp::from_second(seconds).ok().filter(|_| seconds > 0);
        }
        let text = value.as_str()?;
        let zoneless = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        text.parse()
            .ok()
            .or_else(|| zoneless().map(|zoned| zoned.timestamp()))
            .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_every_form_that_a_provider_writes() {
        let value = json!({
            "a": "2026-01-02T03:04:05Z", "b": "2026-01-02T03:04:05", "c": 1_767_323_045,
            "d": "Fri, 02 Jan 2026 03:04:05 +0000", "e": "2026-01-02T03:04:05+0000",
            "never": 0, "odd": "soon", "null": null});
        let fields = Fields(&value);
        for path in ["/a", "/b", "/c", "/d", "/e"] {
            assert_eq!(fields.time(path), fields.time("/a"), "{path}");
        }
        assert!(fields.time("/a").is_some());
        for path in ["/never", "/odd", "/null", "/missing"] {
            assert_eq!(fields.time(path), None, "{path}");
        }
    }

    #[test]
    fn a_field_of_another_type_is_missing_and_nothing_fails() {
        let value =
            json!({"id": 17, "flag": "true", "list": ["a", null, 3, {}], "object": {"id": true}});
        let fields = Fields(&value);
        assert_eq!(fields.text("/id").as_deref(), Some("17"));
        assert_eq!(fields.text("/object/id"), None);
        assert_eq!(fields.flag("/flag"), Some(true));
        assert_eq!(fields.texts("/list"), ["a".into(), "3".into()]);
        assert!(fields.texts("/id").is_empty());
    }
}
