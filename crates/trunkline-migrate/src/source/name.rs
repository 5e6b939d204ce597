use std::cmp::Ordering;
use std::fmt;

use super::SourceError;

/// The name of a migration: its file name without `.sql`.
///
/// Ordered by leading number, then by the whole name; a name without a number comes last. Two files
/// with one number are two migrations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Checks that `text` (with or without `.sql`) is a plain file name.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let name = text.strip_suffix(".sql").unwrap_or(text);
        let plain = !name.is_empty()
            && !name.starts_with('.')
            && !name.contains(['/', '\\', '\0'])
            && !name.contains(char::is_control);
        if plain { Ok(Self(name.to_owned())) } else { Err(SourceError::BadName(text.to_owned())) }
    }

    /// A name read back from the ledger, where only checked names are written.
    pub(crate) fn from_ledger(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `NAME.sql`, as the platform's own ledger calls it.
    pub fn file(&self) -> String {
        format!("{}.sql", self.0)
    }

    /// Its leading number without leading zeros, if it has one. Compared by length, then by digits,
    /// so that a number of any length (a time stamp, say) is in order.
    fn number(&self) -> Option<&str> {
        let digits = self.0.len() - self.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        (digits > 0).then(|| self.0[..digits].trim_start_matches('0'))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(left), Some(right)) => left.len().cmp(&right.len()).then(left.cmp(right)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
        .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_order_by_number_then_by_name_and_unnumbered_last() {
        let mut names = ["views", "10-b", "9-a", "010-a", "20260101120000-x", "a-first"]
            .map(|text| Name::parse(text).unwrap());
        names.sort();
        assert_eq!(
            names.map(|name| name.to_string()),
            ["9-a", "010-a", "10-b", "20260101120000-x", "a-first", "views"]
        );
    }

    #[test]
    fn a_name_that_would_leave_the_folder_is_refused() {
        for name in ["../007", "a/b", "a\\b", "", ".hidden", "a\nb", ".."] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
    }
}
