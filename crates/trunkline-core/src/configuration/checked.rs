//! What a setting must be beyond its type. A refusal does not repeat the value, which may hold a password.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use url::Url;

/// Where Trunkline is reached: a scheme, a host and perhaps a port, written as browsers write an origin.
pub(super) fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_origin(&text).map_err(D::Error::custom)
}

/// The address of an API, to which paths are appended.
pub(super) fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_base_url(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// A version of the Graph API.
pub(super) fn graph_version<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
    if !parts.is_some_and(|(major, minor)| is_number(major) && is_number(minor)) {
        return Err(D::Error::custom("a version of the Graph API is written as v25.0"));
    }
    Ok(text)
}

/// A number of which none is no sensible value.
pub(super) fn at_least_1<'de, D, N>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + PartialOrd + From<u8>,
{
    let number = N::deserialize(deserializer)?;
    if number < N::from(1) {
        return Err(D::Error::custom("it must be 1 at least"));
    }
    Ok(number)
}

/// Longer than the week in which Meta sends a webhook again, whatever the day on which a week of events begins.
pub(super) fn at_least_14<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let days = u16::deserialize(deserializer)?;
    if days < 14 {
        return Err(D::Error::custom("it must be 14 at least"));
    }
    Ok(days)
}

fn parse_origin(text: &str) -> Result<String, &'static str> {
    let refusal = "it must be http:// or https://, a host and perhaps a port, as \
                   https://partners.example.com: Trunkline has no path of its own";
    let url = parse_base_url(text).map_err(|_| refusal)?;
    if url.path() != "/" {
        return Err(refusal);
    }
    Ok(url.origin().ascii_serialization())
}

fn parse_base_url(text: &str) -> Result<Url, &'static str> {
    let refusal =
        "it must be an address as https://api.example.com, without user, query and fragment";
    let url = Url::parse(text).map_err(|_| refusal)?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && is_plain).then_some(url).ok_or(refusal)
}

#[cfg(test)]
mod tests {
    use super::{parse_base_url, parse_origin};

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin) in [
            ("https://x.example", "https://x.example"),
            ("https://X.Example:443/", "https://x.example"),
            ("http://x.example:8640", "http://x.example:8640"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(parse_origin(text).as_deref(), Ok(origin), "{text}");
        }
        for text in [
            "https://x.example/sub",
            "https://x.example?x=1",
            "https://me@x.example",
            "ftp://x.example",
            "x.example",
            "",
        ] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_of_an_api_may_have_a_path_and_nothing_more() {
        assert!(parse_base_url("https://proxy.example/graph").is_ok());
        for text in ["nope", "https://x.example/?x=1", "https://x.example/#x", "file:///etc"] {
            assert!(parse_base_url(text).is_err(), "{text}");
        }
    }
}
