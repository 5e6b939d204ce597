use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use trunkline_core::Provider;

/// Where a row stands in a list over all providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListKey {
    /// What the list is sorted by.
    pub value: KeyValue,
    /// Among equal values, the order of [`Provider::ALL`].
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

/// The values of a list: from `first` on, up to `end`, which is none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub first: KeyValue,
    pub end: KeyValue,
}

/// The first time of our era: PostgreSQL has none before 4713 BC, and we have no row so old.
const FIRST_TIME: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// The time, or the first one that can stand in the database.
pub(crate) fn storable(time: Timestamp) -> Timestamp {
    time.max(FIRST_TIME)
}

impl Span {
    /// Every time that a row can carry.
    pub(crate) fn times(since: Option<Timestamp>) -> Self {
        let first = since.unwrap_or(FIRST_TIME);
        Self { first: KeyValue::Time(first), end: KeyValue::Time(Timestamp::MAX) }
    }

    /// Every text that begins so, compared byte by byte.
    pub(crate) fn texts(prefix: &str) -> Self {
        Self {
            first: KeyValue::Text(prefix.to_owned()),
            end: KeyValue::Text(format!("{prefix}\u{10ffff}")),
        }
    }
}

/// Ids are counted from 1.
const NO_ID: i32 = 0;

/// What is left of a span behind the key of the last row that is known, for every provider: beside
/// the row with this key those of other providers may carry the same value.
///
/// A statement has both bounds always, so that there is one for the first page and the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Rows come after this value, or carry it and come after `ids`; in the order of the list.
    pub near: KeyValue,
    /// By [`Provider::ALL`].
    pub ids: Vec<i32>,
    /// Where the list ends.
    pub far: KeyValue,
}

impl Bounds {
    pub(crate) fn new(span: Span, descending: bool, after: Option<&ListKey>) -> Self {
        let (begin, far) = if descending { (span.end, span.first) } else { (span.first, span.end) };
        // Another span than the one that the key is of: all of it comes after the key.
        let is_inside = |key: &&ListKey| {
            if descending { key.value <= begin } else { key.value >= begin }
        };
        let Some(after) = after.filter(is_inside) else {
            let first = if descending { i32::MAX } else { NO_ID };
            return Self { near: begin, ids: vec![first; Provider::ALL.len()], far };
        };
        // Among rows of this value, those of the providers before are all passed or all to come, as the
        // direction is; so the bound is the same in both.
        let id = |provider: &Provider| match provider.cmp(&after.provider) {
            Ordering::Less => i32::MAX,
            Ordering::Equal => after.id,
            Ordering::Greater => NO_ID,
        };
        Self { near: after.value.clone(), ids: Provider::ALL.iter().map(id).collect(), far }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_core::Provider;

    use super::{Bounds, KeyValue, ListKey, Span};

    fn after(value: &str) -> ListKey {
        ListKey { value: KeyValue::Text(value.to_owned()), provider: Provider::Meta, id: 7 }
    }

    #[test]
    fn rows_of_the_same_value_are_split_by_provider_and_id() {
        for descending in [false, true] {
            let bounds = Bounds::new(Span::texts("+4"), descending, Some(&after("+49")));
            assert_eq!(bounds.ids, [i32::MAX, 7, 0]);
        }
    }

    #[test]
    fn a_key_before_the_span_begins_at_the_span() {
        let bounds = Bounds::new(Span::texts("+4"), false, Some(&after("+1")));
        assert_eq!(bounds, Bounds::new(Span::texts("+4"), false, None));
        assert_eq!(bounds.ids, [0, 0, 0]);
    }
}
