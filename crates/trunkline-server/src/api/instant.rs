//! Times in requests.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A time that may be left out.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|text| parse(&text)).transpose()
}

/// A time.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    parse(&String::deserialize(deserializer)?)
}

/// What is wrong with it is said without the parser's words.
fn parse<E: Error>(text: &str) -> Result<Timestamp, E> {
    text.parse()
        .map_err(|_| E::custom("it must be a time with its offset, as 2026-01-31T09:30:00Z"))
}
