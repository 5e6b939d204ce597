//! Rows that were given in a file, or read from another application's database.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_postgres::Row;
use trunkline_core::legacy::{
    CHANNEL_TYPES, Conflict, GivenRow, Known, LegacyChannel, LegacyRow, Reading, read,
};

use super::decisions::Decision;
use super::platform::Record;
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
        let query = "
            SELECT company.id IS NOT NULL, company.name::TEXT, record.client_row, record.channel_row, record.made_client,
                record.made_channel, record.was_active, record.checksum, record.secret_fingerprint, record.provider,
                decision.conflict, decision.choice, (extract(epoch FROM decision.decided_at) * 1000)::BIGINT,
                assigned.id::INTEGER, assigned.name::TEXT
            FROM unnest($1::BIGINT[], $2::INTEGER[]) AS given (id, company_id)
            LEFT JOIN public.companies AS company ON company.id = given.company_id
            LEFT JOIN trunkline.import_sources AS record
                ON record.source = $3 AND record.source_row = given.id
            LEFT JOIN trunkline.import_decisions AS decision
                ON decision.source = $3 AND decision.source_row = given.id
            LEFT JOIN public.companies AS assigned ON assigned.id = decision.company_id
            ORDER BY given.id";
        let name = &*self.name;
        let found =
            executor.rows("look for what was given", query, &[&ids, &companies, &name]).await?;
        Ok(rows.iter().zip(&found).map(|(row, found)| source_row(row, found, known)).collect())
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

fn source_row(row: &GivenRow, found: &Row, known: &Known) -> SourceRow {
    let company_exists: bool = found.get(0);
    let (decision, assigned) = Decision::of(found, 10);
    let (assigned, assigned_name) = assigned.filter(|_| !company_exists).unzip();
    let company_id = assigned.or(row.company_id);
    let legacy = LegacyRow { company_id, ..row.as_legacy(company_exists || assigned.is_some()) };
    let reading: Result<Box<LegacyChannel>, Conflict> = match read(&legacy, known) {
        Reading::Channel(channel) => Ok(channel),
        Reading::Conflict(conflict) => Err(conflict),
        Reading::Skipped => unreachable!("other types are set aside when the rows are given"),
    };
    SourceRow {
        id: row.id,
        channel_type: row.channel_type.clone(),
        company_id,
        company: assigned_name.unwrap_or_else(|| found.get(1)),
        created_at: row.created_at,
        changed_at: row.changed_at,
        reading,
        record: Record::of(found, 2),
        decision,
    }
}
