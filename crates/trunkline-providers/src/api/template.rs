use serde_json::Value;

use super::{Fields, Reading};

/// A message template of a WhatsApp Business Account, as Meta and 360dialog tell of it alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The provider's id: Meta's are decimal digits.
    pub id: Box<str>,
    /// Of 360dialog: Meta's id.
    pub external_id: Option<Box<str>>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// As `en` or `en_US`.
    pub language: Option<Box<str>>,
    /// Of Meta `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, …; of 360dialog `created`, `submitted`, `pending`, `approved`,
    /// `rejected`; open.
    pub status: Option<Box<str>>,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`; open.
    pub category: Option<Box<str>>,
    /// Why it was rejected.
    pub rejected_reason: Option<Box<str>>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Template {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            id: fields.text("/id")?,
            external_id: fields.text("/external_id"),
            name: fields.text("/name"),
            language: fields.text("/language"),
            status: fields.text("/status"),
            category: fields.text("/category"),
            rejected_reason: fields.text("/rejected_reason"),
            raw,
        })
    }
}
