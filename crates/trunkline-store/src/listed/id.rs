use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use trunkline_core::Provider;

/// An id among all providers: `meta-7` is row 7 of Meta's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QualifiedId {
    /// Whose table.
    pub provider: Provider,
    /// The row's id.
    pub number: i32,
}

/// What is no [`QualifiedId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an id is a provider and a number, as meta-7")]
pub struct NoQualifiedId;

impl fmt::Display for QualifiedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.provider, self.number)
    }
}

impl FromStr for QualifiedId {
    type Err = NoQualifiedId;

    /// One id has one spelling: `meta-07` is none.
    fn from_str(text: &str) -> Result<Self, NoQualifiedId> {
        let (provider, number) = text.rsplit_once('-').ok_or(NoQualifiedId)?;
        let provider = provider.parse().map_err(|_| NoQualifiedId)?;
        let id = Self { provider, number: number.parse().map_err(|_| NoQualifiedId)? };
        if id.number > 0 && id.to_string() == text { Ok(id) } else { Err(NoQualifiedId) }
    }
}

impl Serialize for QualifiedId {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QualifiedId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(reader)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use trunkline_core::Provider;

    use super::{NoQualifiedId, QualifiedId};

    #[test]
    fn an_id_has_one_spelling() {
        for provider in Provider::ALL {
            let id = QualifiedId { provider: *provider, number: 12 };
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["12", "meta", "meta-", "meta-0", "meta--7", "meta-07", "meta-+7", "Meta-7"] {
            assert_eq!(text.parse::<QualifiedId>(), Err(NoQualifiedId), "{text}");
        }
    }
}
