//! The ledger of the platform's own runner, `public.migrations`: what it applied is not applied
//! again, and what we apply is written there, so that no file ever runs twice.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::database::Target;
use crate::error::{Error, Problem};
use crate::options::PlatformLedger;
use crate::source::{Migration, Name};

/// What a failed write there was; the hint to it is one of its own.
pub(crate) const WRITING: &str = "writing the platform's ledger";

/// The platform's ledger, found with the columns that we need.
#[derive(Debug, Clone)]
pub(crate) struct PlatformTable {
    /// Schema and name, quoted.
    pub relation: String,
    /// The same table, whatever its name.
    pub oid: u32,
    times: bool,
    /// Whether this login may read it.
    pub readable: bool,
    /// The GRANT that lets this login keep it, where it may not.
    missing_right: Option<String>,
}

fn missing_right(row: &tokio_postgres::Row) -> Option<String> {
    let (may_read, may_write): (bool, bool) = (row.get(4), row.get(5));
    let sequence: Option<String> = row.get(6);
    let (relation, login): (String, String) = (row.get(2), row.get(7));
    let table = (!may_read || !may_write)
        .then(|| format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {relation} TO {login};"));
    let sequence = sequence.map(|it| format!("GRANT USAGE ON SEQUENCE {it} TO {login};"));
    let grants: Vec<String> = table.into_iter().chain(sequence).collect();
    (!grants.is_empty()).then(|| grants.join(" "))
}

/// A file that the platform's runner recorded with success.
#[derive(Debug, Clone)]
pub(crate) struct PlatformRow {
    pub name: Name,
    pub checksum: Option<String>,
}

impl PlatformTable {
    /// Looks for the table that `wanted` names.
    pub(crate) async fn find(
        client: &Client,
        target: &Target,
        wanted: &PlatformLedger,
    ) -> Result<Option<Self>, Error> {
        let (name, must_exist) = match wanted {
            PlatformLedger::Off => return Ok(None),
            PlatformLedger::Auto => ("public.migrations", false),
            PlatformLedger::Table(name) => (name.as_str(), true),
        };
        let row = client
            .query_typed_one(
                "SELECT to_regclass($1)::text, \
                        (SELECT array_agg(attname::text) FROM pg_attribute \
                         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped), \
                        (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
                         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)), \
                        to_regclass($1)::oid, \
                        has_table_privilege(to_regclass($1)::oid, 'SELECT'), \
                        has_table_privilege(to_regclass($1)::oid, 'INSERT') \
                            AND has_table_privilege(to_regclass($1)::oid, 'UPDATE') \
                            AND has_table_privilege(to_regclass($1)::oid, 'DELETE'), \
                        (SELECT s.oid::regclass::text FROM pg_depend d \
                         JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
                         WHERE d.refobjid = to_regclass($1) AND d.deptype = 'a' \
                           AND NOT has_sequence_privilege(s.oid, 'USAGE') LIMIT 1), \
                        quote_ident(current_user), \
                        (SELECT atttypid = 'boolean'::regtype FROM pg_attribute \
                         WHERE attrelid = to_regclass($1) AND attname = 'success'), \
                        EXISTS (SELECT FROM pg_index i JOIN pg_attribute a \
                                ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
                                WHERE i.indrelid = to_regclass($1) AND a.attname = 'filename' AND i.indnkeyatts = 1 \
                                  AND i.indisunique AND i.indimmediate AND i.indisvalid \
                                  AND i.indpred IS NULL)",
                &[(&name, Type::TEXT)],
            )
            .await
            .map_err(|error| match error.code() {
                Some(&(SqlState::INVALID_NAME | SqlState::FEATURE_NOT_SUPPORTED)) => {
                    Error::PlatformLedger { table: name.to_owned(), lacks: "is not a table's name" }
                }
                _ => Error::query("looking for the platform's ledger", target, &error),
            })?;
        let columns: Vec<String> = row.get::<_, Option<_>>(1).unwrap_or_default();
        let has = |column: &str| columns.iter().any(|found| found == column);
        let usable = ["filename", "checksum", "success"].into_iter().all(has);
        // It could be read, and not be kept in agreement.
        let lacks = match (row.get::<_, Option<bool>>(8), row.get(9)) {
            _ if !usable => None,
            (Some(true), true) => None,
            (Some(true), false) => Some("has no unique index of its filename alone"),
            _ => Some("has a column success that is no boolean"),
        };
        if let Some(lacks) = lacks {
            return Err(Error::PlatformLedger { table: name.to_owned(), lacks });
        }
        match (usable, must_exist) {
            (true, _) => Ok(Some(Self {
                relation: row.get(2),
                oid: row.get(3),
                times: has("executed_at") && has("execution_time_ms"),
                readable: row.get(4),
                missing_right: missing_right(&row),
            })),
            (false, false) => Ok(None),
            (false, true) => {
                let found = row.get::<_, Option<&str>>(0).is_some();
                let no_columns = "has no columns filename, checksum and success";
                let lacks = if found { no_columns } else { "does not exist" };
                Err(Error::PlatformLedger { table: name.to_owned(), lacks })
            }
        }
    }

    /// Refuses a run that could not keep it in agreement with ours.
    pub(crate) fn require_rights(&self) -> Result<(), Error> {
        let Some(grant) = &self.missing_right else { return Ok(()) };
        Err(Error::Preflight(vec![Problem::new(
            format!("the platform's ledger {} cannot be kept by this login", self.relation),
            format!("as the owner: {grant} or leave that ledger alone: --platform-ledger off"),
        )]))
    }

    /// The files that the platform's runner recorded with success.
    pub(crate) async fn list_successes(
        &self,
        client: &Client,
        target: &Target,
    ) -> Result<Vec<PlatformRow>, Error> {
        let rows = client
            .query_typed(
                &format!(
                    "SELECT filename::text, checksum::text FROM {} WHERE success AND filename IS NOT NULL",
                    self.relation
                ),
                &[],
            )
            .await
            .map_err(|error| Error::query("reading the platform's ledger", target, &error))?;
        let row = |row: &tokio_postgres::Row| {
            let name = Name::parse(row.get::<_, &str>(0)).ok()?;
            Some(PlatformRow { name, checksum: row.get(1) })
        };
        Ok(rows.iter().filter_map(row).collect())
    }

    /// Claims `migration` there, in the open transaction; false when the platform's runner was faster.
    ///
    /// The unique index on the file name makes the other runner wait for our commit, and then fail.
    pub(crate) async fn claim(
        &self,
        client: &Client,
        migration: &Migration,
    ) -> Result<bool, tokio_postgres::Error> {
        let (columns, values, update) = if self.times {
            (
                ", executed_at, execution_time_ms",
                ", localtimestamp, 0",
                ", executed_at = excluded.executed_at",
            )
        } else {
            ("", "", "")
        };
        let sql = format!(
            "INSERT INTO {relation} AS ledger (filename, checksum, success{columns}) \
             VALUES ($1, $2, true{values}) \
             ON CONFLICT (filename) DO UPDATE \
             SET checksum = excluded.checksum, success = true{update} \
             WHERE ledger.success IS NOT TRUE",
            relation = self.relation
        );
        let (file, checksum) = (migration.name.file(), migration.up.checksum.raw.to_string());
        let written =
            client.execute_typed(&sql, &[(&file, Type::TEXT), (&checksum, Type::TEXT)]).await?;
        Ok(written == 1)
    }

    /// Says how long the claimed migration took.
    pub(crate) async fn finish(
        &self,
        client: &Client,
        migration: &Migration,
    ) -> Result<(), tokio_postgres::Error> {
        if !self.times {
            return Ok(());
        }
        let sql = format!(
            "UPDATE {} SET execution_time_ms = extract(epoch FROM clock_timestamp() - now()) * 1000 \
             WHERE filename = $1",
            self.relation
        );
        client.execute_typed(&sql, &[(&migration.name.file(), Type::TEXT)]).await.map(|_| ())
    }

    /// Takes a reverted migration out.
    pub(crate) async fn forget(
        &self,
        client: &Client,
        name: &Name,
    ) -> Result<(), tokio_postgres::Error> {
        let sql = format!("DELETE FROM {} WHERE filename = $1", self.relation);
        client.execute_typed(&sql, &[(&name.file(), Type::TEXT)]).await.map(|_| ())
    }
}
