use tokio_postgres::Row;
use trunkline_core::legacy::{Known, LegacyRow, Reading, read};

use super::SourceRow;
use super::decisions::{Assigned, Decision};
use super::platform::Record;
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// What is known here of a row of a source: its company, what was made of it before, and what somebody decided about it.
pub(super) struct Background {
    company_exists: bool,
    company: Option<String>,
    record: Option<Record>,
    decision: Option<Decision>,
    assigned: Assigned,
}

impl Background {
    /// Of each of these rows, which are in the order of their ids, with the companies that they name.
    ///
    /// It is not joined to the reading of the rows: PostgreSQL would read all records for each batch, once there are many.
    pub(super) async fn of(
        executor: Executor<'_>,
        source: &str,
        ids: &[i64],
        companies: &[Option<i32>],
    ) -> Result<Vec<Self>, StoreError> {
        let query = "
            SELECT company.id IS NOT NULL, company.name::TEXT, record.client_row, record.channel_row, record.made_client,
                record.made_channel, record.was_active, record.checksum, record.secret_fingerprint, record.provider,
                record.imported_at, decision.conflict, decision.choice, (extract(epoch FROM decision.decided_at) * 1000)::BIGINT,
                assigned.id::INTEGER, assigned.name::TEXT
            FROM unnest($1::BIGINT[], $2::INTEGER[]) AS given (id, company_id)
            LEFT JOIN public.companies AS company ON company.id = given.company_id
            LEFT JOIN trunkline.import_sources AS record
                ON record.source = $3 AND record.source_row = given.id
            LEFT JOIN trunkline.import_decisions AS decision
                ON decision.source = $3 AND decision.source_row = given.id
            LEFT JOIN public.companies AS assigned ON assigned.id = decision.company_id
            ORDER BY given.id";
        let parameters: Parameters<'_> = &[&ids, &companies, &source];
        let rows = executor.rows("look for what is known of the rows", query, parameters).await?;
        Ok(rows.iter().map(Self::found).collect())
    }

    fn found(row: &Row) -> Self {
        let (decision, assigned) = Decision::of(row, 11);
        let company_exists: bool = row.get(0);
        Self {
            company_exists,
            company: row.get(1),
            record: Record::of(row, 2),
            decision,
            // Only a row whose own company does not exist is given another.
            assigned: assigned.filter(|_| !company_exists),
        }
    }

    /// The row, read; `None` if its type is left alone.
    pub(super) fn read(self, row: Dated<'_>, known: &Known) -> Option<SourceRow> {
        let Dated { id, created_at, changed_at, legacy } = row;
        let (assigned, assigned_name) = self.assigned.unzip();
        let company_id = assigned.or(legacy.company_id);
        let company_exists = self.company_exists || assigned.is_some();
        let reading = match read(&LegacyRow { company_id, company_exists, ..legacy }, known) {
            Reading::Channel(channel) => Ok(channel),
            Reading::Conflict(conflict) => Err(conflict),
            Reading::Skipped => return None,
        };
        Some(SourceRow {
            id,
            channel_type: legacy.channel_type.to_owned(),
            company_id: company_id.or(legacy.user_company_id),
            company: assigned_name.unwrap_or(self.company),
            created_at,
            changed_at,
            reading,
            record: self.record,
            decision: self.decision,
        })
    }
}

/// A row of a source, with its id and times as [`SourceRow`] has them.
#[derive(Clone, Copy)]
pub(super) struct Dated<'a> {
    pub(super) id: i64,
    pub(super) created_at: i64,
    pub(super) changed_at: i64,
    pub(super) legacy: LegacyRow<'a>,
}
