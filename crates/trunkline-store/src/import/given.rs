//! Rows that were given in a file, or read from another application's database.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_core::legacy::{CHANNEL_TYPES, GivenRow, Known};

use super::background::{Background, Dated};
use super::{BATCH, SkippedType, SourceRow};
use crate::{Executor, StoreError};

/// A source that is no table of the platform's: all of it is in memory.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) name: Arc<str>,
    /// Of the types that are taken over, in the order of their ids.
    rows: Arc<[GivenRow]>,
    /// The others.
    skipped: Arc<[GivenRow]>,
}

impl Given {
    pub(super) fn new(name: &str, rows: Vec<GivenRow>) -> Self {
        let is_taken = |row: &GivenRow| CHANNEL_TYPES.contains(&row.channel_type.as_str());
        let (mut rows, skipped): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_taken);
        rows.sort_by_key(|row| row.id);
        Self { name: name.into(), rows: rows.into(), skipped: skipped.into() }
    }

    pub(super) fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The next rows behind `after`, with their companies and what was made of them before.
    pub(super) async fn read(
        &self,
        executor: Executor<'_>,
        known: &Known,
        after: i64,
    ) -> Result<Vec<SourceRow>, StoreError> {
        let begin = self.rows.partition_point(|row| row.id <= after);
        let limit = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let rows = &self.rows[begin..self.rows.len().min(begin.saturating_add(limit))];
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let companies: Vec<Option<i32>> = rows.iter().map(|row| row.company_id).collect();
        let found = Background::of(executor, &self.name, &ids, &companies).await?;
        let read = rows.iter().zip(found).filter_map(|(row, found)| {
            let GivenRow { id, created_at, changed_at, .. } = *row;
            found.read(Dated { id, created_at, changed_at, legacy: row.as_legacy() }, known)
        });
        Ok(read.collect())
    }

    /// The rows of other types, counted by company.
    pub(super) fn skipped(&self) -> Vec<SkippedType> {
        let mut counted: BTreeMap<(Option<i32>, &str), u64> = BTreeMap::new();
        for row in &*self.skipped {
            *counted.entry((row.company_id, &row.channel_type)).or_default() += 1;
        }
        let skipped = |((company_id, channel_type), rows): ((Option<i32>, &str), u64)| {
            SkippedType { company_id, company: None, channel_type: channel_type.to_owned(), rows }
        };
        counted.into_iter().map(skipped).collect()
    }

    /// Rows that were imported and are not among those that are given now, the first hundred.
    pub(super) async fn gone(
        &self,
        executor: Executor<'_>,
        company: Option<i32>,
    ) -> Result<Vec<i64>, StoreError> {
        let ids: Vec<i64> = self.rows.iter().map(|row| row.id).collect();
        let query = "
            SELECT source_row
            FROM trunkline.import_sources
            WHERE source = $1
                AND ($2::INTEGER IS NULL OR company_id = $2)
                AND source_row NOT IN (SELECT unnest($3::BIGINT[]))
            ORDER BY source_row
            LIMIT 100";
        let name = &*self.name;
        let rows =
            executor.rows("look for rows that are gone", query, &[&name, &company, &ids]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
