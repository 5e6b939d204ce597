//! Long lists, a page at a time: from where, how many, in which order.

use std::fmt;
use std::str::FromStr;

use trunkline_core::UnknownWord;

/// A part of a list: what comes after a row, named by what the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<K> {
    /// The sort key of the last row that is known; `None`: from the beginning.
    pub after: Option<K>,
    /// So many rows are wanted.
    pub limit: u16,
}

impl<K> Window<K> {
    /// The LIMIT of the query: one more than wanted, which tells whether there is a next page.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// What a list can be sorted by.
pub trait SortField: Copy + PartialEq + 'static {
    /// Every one; the first is the default.
    const ALL: &'static [Self];
    /// Whether the default order is descending.
    const DESCENDING: bool = false;

    /// The word in `sort=`.
    fn as_str(self) -> &'static str;
}

/// An order: `name`, or `-name` for descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<F> {
    /// By what.
    pub field: F,
    /// The greatest first.
    pub descending: bool,
}

impl<F: SortField> Sort<F> {
    /// What `after` is to a row of the next page, and the order, in SQL.
    pub(crate) fn sql(self) -> (&'static str, &'static str) {
        if self.descending { ("<", "DESC") } else { (">", "ASC") }
    }

    /// Every order that there is, in words.
    pub fn words() -> impl Iterator<Item = String> {
        F::ALL.iter().flat_map(|field| {
            [false, true].map(|descending| Self { field: *field, descending }.to_string())
        })
    }
}

impl<F: SortField> Default for Sort<F> {
    fn default() -> Self {
        Self { field: F::ALL[0], descending: F::DESCENDING }
    }
}

impl<F: SortField> fmt::Display for Sort<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field.as_str())
    }
}

impl<F: SortField> FromStr for Sort<F> {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let field = F::ALL.iter().copied().find(|field| field.as_str() == name);
        field.map(|field| Self { field, descending }).ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            vocabulary: Self::words().collect::<Vec<_>>().join(", "),
        })
    }
}
