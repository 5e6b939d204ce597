//! Lists over the tables of every provider, as one.
//!
//! Each table gives its own rows in order, from an index, and PostgreSQL merges them: a view with a
//! UNION would read every row of every table for a page. The order is total: sort key, provider, id.

mod id;
mod key;
#[cfg(test)]
pub(crate) mod plans;
mod statement;

pub use id::{NoQualifiedId, QualifiedId};
pub(crate) use key::{Bounds, Span, storable};
pub use key::{KeyValue, ListKey};
pub(crate) use statement::Statement;

use thiserror::Error;
use trunkline_core::{Provider, Scope};

use crate::StoreError;

/// A filter that no index gives in the order that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it needs sort={order} or sort=-{order}, or one of the filters {narrow}")]
pub struct Unsupported {
    /// The filter.
    pub filter: &'static str,
    /// What the list must be sorted by.
    pub order: &'static str,
    /// Which filters leave so little that any order will do.
    pub narrow: &'static str,
}

/// Whether the scope includes what a filter by this company leaves.
pub(crate) fn includes(scope: Scope, wanted: Option<i32>) -> bool {
    scope.company().is_none_or(|own| wanted.is_none_or(|wanted| wanted == own))
}

/// The LIMIT for so many rows, one of two: a number that is written out lets PostgreSQL see that few
/// rows are wanted, and so keep one plan for all values.
pub(crate) fn written_limit(rows: i64) -> &'static str {
    if rows <= 51 { "51" } else { "201" }
}

/// The provider of a row, which a merged query writes as its place in [`Provider::ALL`].
pub(crate) fn read_provider(place: i32) -> Result<Provider, StoreError> {
    let provider = usize::try_from(place).ok().and_then(|place| Provider::ALL.get(place));
    provider.copied().ok_or_else(|| unknown_word("provider", &place.to_string()))
}

/// A word that none of this release stands for.
pub(crate) fn unknown_word(column: &str, word: &str) -> StoreError {
    StoreError::Query {
        doing: "read a row",
        reason: format!("{column} holds a word of a newer release: {word}"),
        code: None,
    }
}
