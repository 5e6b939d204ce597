use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::{
    CHANNEL_TYPES, Checksum, Choice, Conflict, GivenRow, Known, LegacyChannel, LegacyRow,
};

use super::background::{Background, Dated};
use super::decisions::Decision;
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
    /// As `updated_at` of the channel, until somebody here changes that.
    pub(super) imported_at: Timestamp,
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
        let company_of_user = self.company_of_user();
        let changed = if since.is_some() {
            format!(
                "AND (coalesce(extract(epoch FROM {CHANGED_AT}) * 1000 >= $3::BIGINT, TRUE) OR id > $4::BIGINT)"
            )
        } else {
            String::new()
        };
        // The limit is in the text: a plan for any limit would sort the whole table for each batch.
        let query = format!(
            "SELECT id::BIGINT, channel_type::TEXT, account_id::TEXT, account_name::TEXT, access_token::TEXT, status::TEXT,
                connection_data::TEXT, company_id::INTEGER,
                CASE WHEN company_id IS NULL THEN {company_of_user} END,
                extract(epoch FROM CASE WHEN isfinite(created_at) THEN created_at END)::BIGINT,
                (extract(epoch FROM {CHANGED_AT}) * 1000)::BIGINT
            FROM public.channel_connections AS source
            WHERE id > $1::BIGINT AND channel_type = ANY ($2::TEXT[]) {changed}
            ORDER BY source.id
            LIMIT {BATCH}"
        );
        let types = CHANNEL_TYPES.as_slice();
        let Position { changed_at, id } = since.unwrap_or(Position { changed_at: 0, id: 0 });
        let parameters: Parameters<'_> = &[&after, &types, &changed_at, &id];
        let parameters = if since.is_some() { parameters } else { &parameters[..2] };
        let rows = executor.rows("read channel_connections", &query, parameters).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        let company = |row: &Row| row.get::<_, Option<i32>>(7).or(row.get(8));
        let companies: Vec<Option<i32>> = rows.iter().map(company).collect();
        let found = Background::of(executor, SOURCE, &ids, &companies).await?;
        let read =
            rows.iter().zip(found).filter_map(|(row, found)| found.read(dated(row), &self.known));
        Ok(read.collect())
    }

    /// The rows of other types, counted by company.
    pub(super) async fn skipped(
        &self,
        executor: Executor<'_>,
    ) -> Result<Vec<SkippedType>, StoreError> {
        if let Some(given) = &self.given {
            return Ok(given.skipped());
        }
        let company_of_user = self.company_of_user();
        let query = format!(
            "SELECT company.id, company.name::TEXT, source.channel_type::TEXT, count(*)
            FROM public.channel_connections AS source
            LEFT JOIN public.companies AS company ON company.id = coalesce(source.company_id, {company_of_user})
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

    /// The company of the user of a row that is called `source`.
    fn company_of_user(&self) -> &'static str {
        if self.has_users {
            "(SELECT owner.company_id::INTEGER FROM public.users AS owner WHERE owner.id = source.user_id)"
        } else {
            "NULL::INTEGER"
        }
    }
}

/// The columns of [`Platform::read_table`].
fn dated(row: &Row) -> Dated<'_> {
    let legacy = LegacyRow {
        channel_type: row.get(1),
        account_id: row.get::<_, Option<&str>>(2).unwrap_or_default(),
        account_name: row.get::<_, Option<&str>>(3).unwrap_or_default(),
        access_token: row.get(4),
        status: row.get(5),
        data: row.get(6),
        company_id: row.get(7),
        user_company_id: row.get(8),
        company_exists: false,
    };
    Dated {
        id: row.get(0),
        created_at: row.get::<_, Option<i64>>(9).unwrap_or_default(),
        changed_at: row.get::<_, Option<i64>>(10).unwrap_or_default(),
        legacy,
    }
}

impl Record {
    /// The nine columns from `first` on, unless they are NULL.
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
            imported_at: row.get(first + 8),
        })
    }
}
