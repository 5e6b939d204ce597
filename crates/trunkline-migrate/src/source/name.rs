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
        Self::of_file(text.strip_suffix(".sql").unwrap_or(text))
            .map_err(|_| SourceError::BadName(text.to_owned()))
    }

    /// The name of a file that is called `stem` and `.sql`.
    pub(super) fn of_file(stem: &str) -> Result<Self, SourceError> {
        let plain = !stem.is_empty()
            && !stem.starts_with('.')
            && stem.chars().all(|c| c != '/' && c != '\\' && !c.is_control());
        if plain { Ok(Self(stem.to_owned())) } else { Err(SourceError::BadName(stem.to_owned())) }
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

    /// How many digits it begins with.
    fn digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// The number of so many digits, without leading zeros.
    fn number(&self, digits: usize) -> &str {
        self.0[..digits].trim_start_matches('0')
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = match (self.digits(), other.digits()) {
            // Numbers of one width are in order as text is, and most sets are of one width.
            (left, right) if left == right => Ordering::Equal,
            (_, 0) => Ordering::Less,
            (0, _) => Ordering::Greater,
            (left, right) => {
                // By length, then by digits: a number may be of any length, such as a time stamp.
                let (left, right) = (self.number(left), other.number(right));
                left.len().cmp(&right.len()).then(left.cmp(right))
            }
        };
        by_number.then_with(|| self.0.cmp(&other.0))
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
