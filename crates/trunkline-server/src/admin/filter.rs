//! Filters of lists in the address: a filter that is empty is none.

use std::fmt::Display;
use std::str::FromStr;

use form_urlencoded::Serializer;
use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use trunkline_core::Provider;

/// The providers to choose from.
pub(crate) const PROVIDERS: [(&str, &str); 3] = [
    (Provider::Dialog360.as_str(), Provider::Dialog360.name()),
    (Provider::Meta.as_str(), Provider::Meta.name()),
    (Provider::Twilio.as_str(), Provider::Twilio.name()),
];

/// A filter of a vocabulary; empty: none.
pub(crate) fn word<'de, D, T>(reader: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let text = String::deserialize(reader)?;
    if text.is_empty() {
        return Ok(None);
    }
    let reader: serde::de::value::StringDeserializer<D::Error> = text.into_deserializer();
    T::deserialize(reader).map(Some)
}

/// A filter that is parsed from text, as a number or a date; empty: none.
pub(crate) fn parsed<'de, D, T>(reader: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(reader)?;
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}

/// The address of a list with those filters that are set, ending in `?` or `&`, for links that
/// append to it.
pub(crate) fn address(path: &str, filters: &[(&str, String)]) -> String {
    let set = filters.iter().filter(|(_, value)| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(set).finish();
    if query.is_empty() { format!("{path}?") } else { format!("{path}?{query}&") }
}

/// "1 key", "2 keys"; "50 keys on this page" where there are more.
pub(crate) fn counted(number: usize, one: &str, many: &str, is_part: bool) -> String {
    let thing = if number == 1 { one } else { many };
    let part = if is_part { " on this page" } else { "" };
    format!("{number} {thing}{part}")
}
