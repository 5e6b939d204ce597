use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use trunkline_core::Provider;

/// Where a row stands in a list over all providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListKey {
    /// What the list is sorted by.
    pub value: KeyValue,
    /// Among equal values, by the provider's name.
    pub provider: Provider,
    /// Among rows of one provider, their ids.
    pub id: i32,
}

/// The value of the column that a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyValue {
    /// A time.
    Time(Timestamp),
    /// A phone number, or nothing.
    Text(String),
}

impl KeyValue {
    /// The type of PostgreSQL.
    pub(super) fn cast(&self) -> &'static str {
        match self {
            Self::Time(_) => "TIMESTAMPTZ",
            Self::Text(_) => "TEXT",
        }
    }

    pub(super) fn into_parameter(self) -> Box<dyn ToSql + Send + Sync> {
        match self {
            Self::Time(time) => Box::new(time),
            Self::Text(text) => Box::new(text),
        }
    }
}

/// The first time of our era: PostgreSQL has none before 4713 BC, and we have no row so old.
const FIRST_TIME: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// The time, or the first one that can stand in the database.
pub(crate) fn storable(time: Timestamp) -> Timestamp {
    time.max(FIRST_TIME)
}

/// The values of a list: from `first` on, up to `end`, which is none of them; `None`: without a bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub first: Option<KeyValue>,
    pub end: Option<KeyValue>,
}

impl Span {
    /// Every time from then on.
    pub(crate) fn times(since: Option<Timestamp>) -> Self {
        Self { first: since.map(KeyValue::Time), end: None }
    }

    /// Every text that begins so, compared byte by byte.
    pub(crate) fn texts(prefix: Option<&str>) -> Self {
        Self {
            first: prefix.map(|prefix| KeyValue::Text(prefix.to_owned())),
            end: prefix.map(|prefix| KeyValue::Text(format!("{prefix}\u{10ffff}"))),
        }
    }

    /// Whether the rows behind this key are all behind the beginning of the span: another key is of another span,
    /// and all of this one comes after it.
    pub(super) fn begins_before(&self, key: &ListKey, descending: bool) -> bool {
        if descending {
            self.end.as_ref().is_none_or(|end| key.value <= *end)
        } else {
            self.first.as_ref().is_none_or(|first| key.value >= *first)
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_core::Provider;

    use super::{KeyValue, ListKey, Span};

    #[test]
    fn a_key_of_another_span_is_before_its_beginning() {
        let key = |value: &str| ListKey {
            value: KeyValue::Text(value.to_owned()),
            provider: Provider::Meta,
            id: 7,
        };
        let span = Span::texts(Some("+4"));
        assert!(span.begins_before(&key("+49"), false));
        assert!(span.begins_before(&key("+49"), true));
        assert!(!span.begins_before(&key("+1"), false));
        assert!(!span.begins_before(&key("+5"), true));
    }
}
