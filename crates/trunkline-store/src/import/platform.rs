use std::time::Duration;

use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::{
    CHANNEL_TYPES, Checksum, Choice, Conflict, GivenRow, Known, LegacyChannel, LegacyRow, Reading,
    read,
};

use super::decisions::{COLUMNS, Decision};
use super::given::Given;
use super::{BATCH, SOURCE};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// The platform's tables, as far as they are there, or what was given in place of its connections.
#[derive(Debug, Clone)]
pub struct Platform {
    /// `users` with a company.
    has_users: bool,
    known: Known,
    /// Rows from elsewhere.
    pub(super) given: Option<Given>,
}

/// How far `channel_connections` has come.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// When a row was changed last, in milliseconds.
    changed_at: i64,
    /// The greatest id.
    id: i64,
}

impl Position {
    /// The same with an earlier time.
    pub(super) fn before(self, overlap: Duration) -> Self {
        let overlap = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        Self { changed_at: self.changed_at.saturating_sub(overlap), ..self }
    }
}

/// A row of `channel_connections`, read.
#[derive(Debug)]
pub struct SourceRow {
    /// Its id.
    pub id: i64,
    /// Its type.
    pub channel_type: String,
    /// Its company, or that of its user.
    pub company_id: Option<i32>,
    /// The name of the company.
    pub company: Option<String>,
    /// When it was made, in seconds of the Unix epoch.
    pub created_at: i64,
    /// When it was changed last, in milliseconds.
    pub changed_at: i64,
    /// What it means.
    pub reading: Result<Box<LegacyChannel>, Conflict>,
    /// What was made of it before.
    pub(super) record: Option<Record>,
    /// What somebody decided about it.
    pub(super) decision: Option<Decision>,
}

impl SourceRow {
    /// What was decided about the row, if it was about this conflict.
    pub(super) fn chose(&self, conflict: Conflict) -> Option<Choice> {
        self.decision.and_then(|decision| decision.about(conflict))
    }
}

/// A row of `trunkline.import_sources`.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) provider: Provider,
    pub(super) client_row: i32,
    pub(super) channel_row: i32,
    pub(super) made_client: bool,
    pub(super) made_channel: bool,
    pub(super) was_active: bool,
    pub(super) checksum: Checksum,
    pub(super) fingerprint: Option<String>,
}

/// How many connections of a type that is not taken over a company has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedType {
    /// The company.
    pub company_id: Option<i32>,
    /// Its name.
    pub company: Option<String>,
    /// The type.
    pub channel_type: String,
    /// How many.
    pub rows: u64,
}

/// When a row was changed last; infinity is no time.
const CHANGED_AT: &str = "coalesce(
    CASE WHEN isfinite(updated_at) THEN updated_at END, CASE WHEN isfinite(created_at) THEN created_at END)";

impl Platform {
    /// Looks at which of the platform's tables there are.
    pub async fn inspect(executor: Executor<'_>) -> Result<Self, StoreError> {
        Self::look(executor, None).await
    }

    /// Takes rows from elsewhere; `name` is that of the source in the records, and is always the same for it.
    pub async fn given(
        executor: Executor<'_>,
        name: &str,
        rows: Vec<GivenRow>,
    ) -> Result<Self, StoreError> {
        Self::look(executor, Some(Given::new(name, rows))).await
    }

    /// The name of the source in the records.
    pub fn source(&self) -> &str {
        self.given.as_ref().map_or(SOURCE, |given| &given.name)
    }

    async fn look(executor: Executor<'_>, given: Option<Given>) -> Result<Self, StoreError> {
        let query = "
            SELECT to_regclass('public.channel_connections') IS NOT NULL,
                to_regclass('public.companies') IS NOT NULL,
                EXISTS (
                    SELECT FROM pg_attribute
                    WHERE attrelid = to_regclass('public.users') AND attname = 'company_id'
                ),
                to_regclass('trunkline.import_decisions') IS NOT NULL";
        let found = executor.row("look for the platform's tables", query, &[]).await?;
        let has = |column: usize| found.as_ref().is_some_and(|row| row.get(column));
        for (column, table) in ["channel_connections", "companies"].into_iter().enumerate() {
            if !has(column) && (given.is_none() || table == "companies") {
                return Err(StoreError::NoPlatform { table });
            }
        }
        if !has(3) {
            return Err(StoreError::NotMigrated);
        }
        let query = "
            SELECT partner_id
            FROM public.partner_configurations
            WHERE provider = 'meta'";
        let rows = executor.rows("read the business portfolios", query, &[]).await?;
        let known = Known { portfolios: rows.iter().map(|row| row.get(0)).collect() };
        Ok(Self { has_users: has(2), known, given })
    }

    /// How many rows are of a type that is taken over.
    pub async fn count(&self, executor: Executor<'_>) -> Result<u64, StoreError> {
        if let Some(given) = &self.given {
            return Ok(given.count());
        }
        let query = "
            SELECT count(*)
            FROM public.channel_connections
            WHERE channel_type = ANY ($1::TEXT[])";
        let types = CHANNEL_TYPES.as_slice();
        let row = executor.row("count the connections", query, &[&types]).await?;
        Ok(row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// The next rows behind `after`, in the order of their ids; none at the end.
    pub(super) async fn read(
        &self,
        executor: Executor<'_>,
        after: i64,
    ) -> Result<Vec<SourceRow>, StoreError> {
        match &self.given {
            Some(given) => given.read(executor, &self.known, after).await,
            None => self.read_table(executor, after, None).await,
        }
    }

    /// The next rows behind `after` that were changed since, or that have a greater id.
    pub(super) async fn read_changed(
        &self,
        executor: Executor<'_>,
        after: i64,
        since: Position,
    ) -> Result<Vec<SourceRow>, StoreError> {
        self.read_table(executor, after, Some(since)).await
    }

    /// How far `channel_connections` has come.
    pub(super) async fn position(&self, executor: Executor<'_>) -> Result<Position, StoreError> {
        // Not beyond now: behind a row of the future every change until then would stay unseen.
        let query = format!(
            "SELECT (least(extract(epoch FROM max({CHANGED_AT})), extract(epoch FROM now())) * 1000)::BIGINT,
                max(id)::BIGINT
            FROM public.channel_connections
            WHERE channel_type = ANY ($1::TEXT[])"
        );
        let types = CHANNEL_TYPES.as_slice();
        let row =
            executor.row("look how far channel_connections has come", &query, &[&types]).await?;
        let number = |column: usize| row.as_ref().and_then(|row| row.get::<_, Option<i64>>(column));
        Ok(Position { changed_at: number(0).unwrap_or(0), id: number(1).unwrap_or(i64::MIN) })
    }

    async fn read_table(
        &self,
        executor: Executor<'_>,
        after: i64,
        since: Option<Position>,
    ) -> Result<Vec<SourceRow>, StoreError> {
        let (user, join) = self.user();
        let changed = if since.is_some() {
            format!(
                "AND (coalesce(extract(epoch FROM {CHANGED_AT}) * 1000 >= $3::BIGINT, TRUE) OR id > $4::BIGINT)"
            )
        } else {
            String::new()
        };
        // The limit is in the text: a plan for any limit would join whole tables for each batch.
        let query = format!(
            "SELECT source.id, source.channel_type, source.account_id, source.account_name, source.access_token,
                source.status, source.data, source.company_id, {user}, company.id IS NOT NULL, company.name::TEXT,
                source.created_at, source.changed_at, record.client_row, record.channel_row, record.made_client,
                record.made_channel, record.was_active, record.checksum, record.secret_fingerprint, record.provider,
                {COLUMNS}
            FROM (
                SELECT id::BIGINT AS id, channel_type::TEXT, account_id::TEXT, account_name::TEXT, access_token::TEXT,
                    status::TEXT, connection_data::TEXT AS data, company_id::INTEGER AS company_id, user_id,
                    extract(epoch FROM CASE WHEN isfinite(created_at) THEN created_at END)::BIGINT AS created_at,
                    (extract(epoch FROM {CHANGED_AT}) * 1000)::BIGINT AS changed_at
                FROM public.channel_connections
                WHERE id > $1::BIGINT AND channel_type = ANY ($2::TEXT[]) {changed}
                ORDER BY public.channel_connections.id
                LIMIT {BATCH}
            ) AS source
            {join}
            LEFT JOIN public.companies AS company ON company.id = coalesce(source.company_id, {user})
            LEFT JOIN trunkline.import_sources AS record
                ON record.source = '{SOURCE}' AND record.source_row = source.id
            LEFT JOIN trunkline.import_decisions AS decision
                ON decision.source = '{SOURCE}' AND decision.source_row = source.id
            LEFT JOIN public.companies AS assigned ON assigned.id = decision.company_id
            ORDER BY source.id"
        );
        let types = CHANNEL_TYPES.as_slice();
        let Position { changed_at, id } = since.unwrap_or(Position { changed_at: 0, id: 0 });
        let parameters: Parameters<'_> = &[&after, &types, &changed_at, &id];
        let parameters = if since.is_some() { parameters } else { &parameters[..2] };
        let rows = executor.rows("read channel_connections", &query, parameters).await?;
        Ok(rows.iter().filter_map(|row| self.source_row(row)).collect())
    }

    fn source_row(&self, row: &Row) -> Option<SourceRow> {
        let (company_id, user_company_id): (Option<i32>, Option<i32>) = (row.get(7), row.get(8));
        let company_exists: bool = row.get(9);
        let (decision, assigned) = Decision::of(row, 21);
        let (assigned, assigned_name) = assigned.filter(|_| !company_exists).unzip();
        let company_id = assigned.or(company_id);
        let legacy = LegacyRow {
            channel_type: row.get(1),
            account_id: row.get::<_, Option<&str>>(2).unwrap_or_default(),
            account_name: row.get::<_, Option<&str>>(3).unwrap_or_default(),
            access_token: row.get(4),
            status: row.get(5),
            data: row.get(6),
            company_id,
            user_company_id,
            company_exists: company_exists || assigned.is_some(),
        };
        let reading = match read(&legacy, &self.known) {
            Reading::Channel(channel) => Ok(channel),
            Reading::Conflict(conflict) => Err(conflict),
            Reading::Skipped => return None,
        };
        Some(SourceRow {
            id: row.get(0),
            channel_type: row.get(1),
            company_id: company_id.or(user_company_id),
            company: assigned_name.unwrap_or_else(|| row.get(10)),
            created_at: row.get::<_, Option<i64>>(11).unwrap_or_default(),
            changed_at: row.get::<_, Option<i64>>(12).unwrap_or_default(),
            reading,
            record: Record::of(row, 13),
            decision,
        })
    }

    /// The rows of other types, counted by company.
    pub(super) async fn skipped(
        &self,
        executor: Executor<'_>,
    ) -> Result<Vec<SkippedType>, StoreError> {
        if let Some(given) = &self.given {
            return Ok(given.skipped());
        }
        let (user, join) = self.user();
        let query = format!(
            "SELECT company.id, company.name::TEXT, source.channel_type::TEXT, count(*)
            FROM public.channel_connections AS source
            {join}
            LEFT JOIN public.companies AS company ON company.id = coalesce(source.company_id, {user})
            WHERE source.channel_type <> ALL ($1::TEXT[])
            GROUP BY 1, 2, 3
            ORDER BY 1, 3"
        );
        let types = CHANNEL_TYPES.as_slice();
        let rows = executor.rows("count the other connections", &query, &[&types]).await?;
        let counted = |row: &Row| SkippedType {
            company_id: row.get(0),
            company: row.get(1),
            channel_type: row.get(2),
            rows: row.get::<_, i64>(3).unsigned_abs(),
        };
        Ok(rows.iter().map(counted).collect())
    }

    /// The company of a row's user, and the join that gives it.
    fn user(&self) -> (&'static str, &'static str) {
        if self.has_users {
            (
                "owner.company_id::INTEGER",
                "LEFT JOIN public.users AS owner ON owner.id = source.user_id",
            )
        } else {
            ("NULL::INTEGER", "")
        }
    }
}

impl Record {
    /// The eight columns from `first` on, unless they are NULL.
    pub(super) fn of(row: &Row, first: usize) -> Option<Self> {
        let checksum: Option<&[u8]> = row.get(first + 5);
        Some(Self {
            checksum: Checksum(checksum?.try_into().unwrap_or_default()),
            provider: row.get::<_, &str>(first + 7).parse().ok()?,
            client_row: row.get(first),
            channel_row: row.get(first + 1),
            made_client: row.get(first + 2),
            made_channel: row.get(first + 3),
            was_active: row.get(first + 4),
            fingerprint: row.get(first + 6),
        })
    }
}
