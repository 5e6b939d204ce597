use std::fmt;

use sha2::{Digest, Sha256};

use crate::Provider;

/// What is written into the partner tables for a row, beside the secret and the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whose tables.
    pub provider: Provider,
    /// `companies.id`.
    pub company_id: i32,
    /// WABA id, 360dialog client id or Twilio account SID.
    pub client_id: String,
    /// Phone number id, 360dialog channel id or Twilio sender.
    pub channel_id: String,
    /// E.164 with the plus sign.
    pub phone_number: Option<String>,
    /// What the company calls the number.
    pub display_name: Option<String>,
    /// Where the provider delivers its messages, for 360dialog and Twilio.
    pub webhook_url: Option<String>,
}

/// What the address of a sender of Twilio's begins with; its number follows.
pub const ADDRESS: &str = "whatsapp:";

/// The longest id, in bytes; indexes of PostgreSQL take some 2,700.
const LONGEST_ID: usize = 500;

impl Facts {
    /// Whether the ids can be ones of the provider: Meta's are digits, those of the others letters and digits; what a
    /// spreadsheet or a template left in their place is none. Nor is one that no index holds.
    pub(super) fn has_ids(&self) -> bool {
        let is_in = |id: &str| match self.provider {
            Provider::Meta => id.bytes().all(|byte| byte.is_ascii_digit()),
            Provider::Dialog360 | Provider::Twilio => {
                id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            }
        };
        let is_address = self.address().as_ref() == Some(&self.channel_id);
        let mut ids = vec![&self.client_id];
        ids.extend((!is_address).then_some(&self.channel_id));
        ids.iter().all(|id| id.len() <= LONGEST_ID && is_in(id))
    }

    /// Whether a column can hold each text.
    pub(super) fn can_be_stored(&self) -> bool {
        let texts = [&self.display_name, &self.webhook_url, &self.phone_number];
        texts.iter().copied().flatten().all(|text| !text.contains('\0'))
    }

    /// The address of a sender of Twilio's, which stands in place of its SID where that is not known.
    pub fn address(&self) -> Option<String> {
        let number = self.phone_number.as_deref();
        let number = number.filter(|_| self.provider == Provider::Twilio)?;
        Some(format!("{ADDRESS}{number}"))
    }

    /// The same for the same facts, whether they were read from the platform or from the partner tables.
    pub fn checksum(&self) -> Checksum {
        let mut digest = Sha256::new();
        digest.update(self.company_id.to_be_bytes());
        let texts = [
            Some(self.provider.as_str()),
            Some(self.client_id.as_str()),
            Some(self.channel_id.as_str()),
            self.phone_number.as_deref(),
            self.display_name.as_deref(),
            self.webhook_url.as_deref(),
        ];
        for text in texts {
            // A length before each text, and another mark for none: no two lists have the same bytes.
            match text {
                Some(text) => {
                    digest.update([1]);
                    digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                    digest.update(text);
                }
                None => digest.update([0]),
            }
        }
        let mut first = [0; 16];
        first.copy_from_slice(&digest.finalize()[..16]);
        Checksum(first)
    }
}

/// The first 16 bytes of a SHA-256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Checksum(pub [u8; 16]);

impl Checksum {
    /// The checksum of several rows, in whatever order they come.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let sum = u128::from_be_bytes(self.0).wrapping_add(u128::from_be_bytes(other.0));
        Self(sum.to_be_bytes())
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Checksum, Facts};
    use crate::Provider;

    fn facts() -> Facts {
        Facts {
            provider: Provider::Meta,
            company_id: 7,
            client_id: "1".to_owned(),
            channel_id: "23".to_owned(),
            phone_number: None,
            display_name: Some(String::new()),
            webhook_url: None,
        }
    }

    #[test]
    fn every_fact_changes_it() {
        let changed = [
            Facts { provider: Provider::Twilio, ..facts() },
            Facts { company_id: 8, ..facts() },
            Facts { client_id: "12".to_owned(), channel_id: "3".to_owned(), ..facts() },
            Facts { phone_number: Some(String::new()), display_name: None, ..facts() },
            Facts { webhook_url: Some("u".to_owned()), ..facts() },
        ];
        for other in changed {
            assert_ne!(other.checksum(), facts().checksum(), "{other:?}");
        }
        assert_eq!(facts().checksum().to_string().len(), 32);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (one, other) = (facts().checksum(), Checksum([0xff; 16]));
        assert_eq!(one.with(other), other.with(one));
        assert_ne!(one.with(other), one);
    }
}
