//! The lists over the tables of every provider: `trunkline.listed_clients` and `trunkline.listed_channels`.
//!
//! Triggers on the tables of the providers keep them (migrations 022 and 023), so that a page is a range
//! of one index. The order is total: sort key, provider, id.

mod document;
mod id;
mod key;
#[cfg(test)]
pub(crate) mod plans;
mod statement;

pub use document::Document;
pub use id::{NoQualifiedId, QualifiedId};
pub use key::{KeyValue, ListKey};
pub(crate) use key::{Span, storable};
pub(crate) use statement::{Statement, written_limit};

use thiserror::Error;
use trunkline_core::{Provider, Scope};

use crate::StoreError;
use crate::row::word;

/// A filter that no index gives in the order, or beside the other filters, that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{needed} one of the filters {narrow}", needed = needed(*.order))]
pub struct Unsupported {
    /// The filter.
    pub filter: &'static str,
    /// What the list must be sorted by; `None`: no order helps beside the filter by partner account.
    pub order: Option<&'static str>,
    /// Which filters leave so little that any order will do.
    pub narrow: &'static str,
}

fn needed(order: Option<&str>) -> String {
    match order {
        Some(order) => format!("it needs sort={order} or sort=-{order}, or"),
        None => "beside partner_account_id it needs".to_owned(),
    }
}

/// Whether the scope includes what a filter by this company leaves.
pub(crate) fn includes(scope: Scope, wanted: Option<i32>) -> bool {
    scope.company().is_none_or(|own| wanted.is_none_or(|wanted| wanted == own))
}

/// Reads rows of `provider` and `count`; a provider without a row has none.
pub(crate) fn read_counts(
    rows: &[tokio_postgres::Row],
) -> Result<Vec<(Provider, i64)>, StoreError> {
    let counted = rows.iter().map(|row| Ok((word(row, "provider")?, row.get("count"))));
    let counted: Vec<(Provider, i64)> = counted.collect::<Result<_, StoreError>>()?;
    let count = |provider: &Provider| {
        counted.iter().find(|(of, _)| of == provider).map_or(0, |(_, count)| *count)
    };
    Ok(Provider::ALL.iter().map(|provider| (*provider, count(provider))).collect())
}
