use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A phone number, or its beginning, as `+4915112345678`.
///
/// The plus sign of a query string is a blank, so that it may be a blank, or be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PhoneNumber(pub String);

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        let digits = text.strip_prefix(['+', ' ']).unwrap_or(&text);
        // E.164 has 15 digits at most.
        if (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(format!("+{digits}")));
        }
        Err(D::Error::custom("a phone number is + and up to 15 digits, without blanks"))
    }
}
