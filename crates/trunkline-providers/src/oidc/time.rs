use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error};

/// `NumericDate` (RFC 7519, 2) in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(i64);

impl Seconds {
    /// How many seconds it comes after a moment; negative: before.
    pub(super) fn after(self, moment: Timestamp) -> i64 {
        self.0 - moment.as_second()
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(reader)?;
        #[expect(clippy::cast_possible_truncation, reason = "fractions of a second do not matter")]
        let seconds = number.as_f64().map(|seconds| seconds as i64);
        // So far from every clock that differences do not overflow.
        let fits = seconds.filter(|seconds| seconds.unsigned_abs() < 1 << 50);
        fits.map(Self).ok_or_else(|| D::Error::custom("no time in seconds"))
    }
}
