//! Moving tables aside with their rows instead of dropping them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::companions::ArchivedObject;
use crate::database::Target;
use crate::error::Error;
use crate::ledger::{Entry, is_missing};
use crate::source::{Digest, Name};
use crate::sql::quote;
use crate::up::Work;

/// Tables that a revert moved aside, and the migrations that come back with them.
#[derive(Debug, Clone, Serialize)]
pub struct Archive {
    /// Its name, from the time it was made.
    pub name: String,
    /// The label of the set that was reverted.
    pub source: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was brought back, if it was.
    pub restored_at: Option<Timestamp>,
    /// Its tables.
    pub tables: Vec<ArchivedTable>,
    /// Types, functions and sequences that only these tables use.
    pub objects: Vec<ArchivedObject>,
    /// What the scripts did beside, which nothing undoes: each statement in short, with its place.
    pub statements: Vec<String>,
    /// The migrations that were reverted with them.
    pub migrations: Vec<Name>,
    /// A table that is in its archive no more, because somebody dropped it: nothing can come back.
    pub gone: Option<String>,
}

impl Archive {
    /// The schemas that it is in now.
    pub(super) fn schemas(&self) -> BTreeSet<String> {
        let tables = self.tables.iter().map(|table| table.archive_schema.clone());
        tables.chain(self.objects.iter().map(|object| object.archive_schema.clone())).collect()
    }
}

/// One table in an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArchivedTable {
    /// The schema it came from and goes back to.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// The schema it is in now.
    pub archive_schema: String,
    /// Its rows.
    pub rows: i64,
    /// Whether `rows` was counted; a large table is estimated, since counting it takes time.
    pub exact: bool,
}

/// A table that is there now.
#[derive(Debug, Clone)]
pub(crate) struct LiveTable {
    pub oid: u32,
    pub schema: String,
    pub table: String,
    /// Its rows are those of its partitions, which are tables of their own.
    pub partitioned: bool,
}

impl LiveTable {
    /// Reads oid, schema, name and whether it is partitioned.
    pub(crate) fn from_row(row: &tokio_postgres::Row) -> Self {
        Self { oid: row.get(0), schema: row.get(1), table: row.get(2), partitioned: row.get(3) }
    }

    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.table))
    }
}

/// What stays and goes on referring to tables that were moved: foreign keys and views, as sentences.
pub(super) async fn left_behind(
    client: &Client,
    tables: &[LiveTable],
) -> Result<Vec<String>, tokio_postgres::Error> {
    let moved: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let rows = client
        .query_typed(
            "SELECT format('the foreign key %I of %s refers to %s', conname, conrelid::regclass, \
                           confrelid::regclass) \
             FROM pg_constraint \
             WHERE contype = 'f' AND confrelid = ANY ($1) AND conrelid <> ALL ($1) AND conparentid = 0 \
             UNION \
             SELECT format('the view %s reads %s', r.ev_class::regclass, d.refobjid::regclass) \
             FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
             WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = ANY ($1) \
               AND r.ev_class <> ALL ($1) \
             ORDER BY 1",
            &[(&moved, Type::OID_ARRAY)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Row security must not make a table look empty: with this, PostgreSQL refuses instead of hiding rows.
pub(super) const SEE_ALL_ROWS: &str = "SET LOCAL row_security = off";

/// Counting up to this size takes no time worth speaking of.
const COUNTED_BYTES: i64 = 8 << 20;

/// The tables of `names` that exist, with their partitions.
pub(crate) async fn find_tables(
    client: &Client,
    names: &[String],
) -> Result<Vec<LiveTable>, tokio_postgres::Error> {
    let rows = client
        .query_typed(
            "SELECT DISTINCT c.oid, n.nspname::text, c.relname::text, c.relkind = 'p' \
             FROM unnest($1) AS wanted (name) \
             CROSS JOIN LATERAL ( \
                 SELECT to_regclass(wanted.name)::oid AS oid \
                 UNION \
                 SELECT relid::oid FROM pg_partition_tree(to_regclass(wanted.name)) \
             ) AS found \
             JOIN pg_class c ON c.oid = found.oid AND c.relkind IN ('r', 'p') \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             ORDER BY c.oid",
            &[(&names, Type::TEXT_ARRAY)],
        )
        .await?;
    Ok(rows.iter().map(LiveTable::from_row).collect())
}

/// Stops writers, so that an empty table stays empty until it is dropped.
///
/// One by one, so that all locks together are not waited for longer than one may be: who comes after us
/// waits behind each of those that we have.
pub(crate) async fn lock_tables(
    work: &Work<'_>,
    backend: i32,
    tables: &[LiveTable],
) -> Result<(), tokio_postgres::Error> {
    let began = Instant::now();
    let timeout = work.options.lock_timeout;
    let set = |left: Duration| format!("SET LOCAL lock_timeout = {}", left.as_millis().max(1));
    for table in tables {
        let left = timeout.saturating_sub(began.elapsed());
        let lock = format!("{}; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", set(left), table.quoted());
        work.watch(backend, work.session.batch_execute(&lock)).await?;
    }
    if tables.is_empty() { Ok(()) } else { work.session.batch_execute(&set(timeout)).await }
}

pub(crate) async fn holds_rows(
    client: &Client,
    table: &LiveTable,
) -> Result<bool, tokio_postgres::Error> {
    let query = format!("SELECT EXISTS (SELECT FROM {})", table.quoted());
    Ok(client.query_typed_one(&query, &[]).await?.get(0))
}

/// Moves `tables` to schemas of the archive `name`, one for each schema they come from.
pub(super) async fn move_aside(
    client: &Client,
    name: &str,
    tables: &[LiveTable],
) -> Result<Vec<ArchivedTable>, tokio_postgres::Error> {
    let mut moved = Vec::new();
    for table in tables {
        let (rows, exact) = count(client, table).await?;
        let archive_schema = archive_schema(name, &table.schema);
        create_schema(client, &archive_schema).await?;
        let sql = format!("ALTER TABLE {} SET SCHEMA {}", table.quoted(), quote(&archive_schema));
        client.batch_execute(&sql).await?;
        moved.push(ArchivedTable {
            schema: table.schema.clone(),
            table: table.table.clone(),
            archive_schema,
            rows,
            exact,
        });
    }
    Ok(moved)
}

/// Makes a schema of an archive unless it is there.
pub(super) async fn create_schema(
    client: &Client,
    schema: &str,
) -> Result<(), tokio_postgres::Error> {
    let sql = format!(
        "SET LOCAL client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {}; \
         RESET client_min_messages",
        quote(schema)
    );
    client.batch_execute(&sql).await
}

/// A name that PostgreSQL does not cut (NAMEDATALEN), and that no other schema has: where it is too long, its
/// end is a digest.
pub(super) fn archive_schema(archive: &str, schema: &str) -> String {
    let mut name = format!("trunkline_archive_{archive}_{schema}");
    if name.len() > 63 {
        name.truncate(name.floor_char_boundary(54));
        let digest = Digest::of(schema).to_string();
        name = format!("{name}_{}", &digest[..8]);
    }
    name
}

/// The rows of a table that is locked: counted, or the planner's estimate when it is large.
pub(super) async fn count(
    client: &Client,
    table: &LiveTable,
) -> Result<(i64, bool), tokio_postgres::Error> {
    if table.partitioned {
        return Ok((0, true));
    }
    let size = "SELECT pg_relation_size($1::oid)";
    let bytes: i64 = client.query_typed_one(size, &[(&table.oid, Type::OID)]).await?.get(0);
    if bytes <= COUNTED_BYTES {
        let query = format!("SELECT count(*) FROM {}", table.quoted());
        return Ok((client.query_typed_one(&query, &[]).await?.get(0), true));
    }
    let query = format!("EXPLAIN (FORMAT JSON) SELECT FROM {}", table.quoted());
    let plan: serde_json::Value = client.query_typed_one(&query, &[]).await?.get(0);
    let rows = plan[0]["Plan"]["Plan Rows"].as_i64();
    Ok((rows.unwrap_or_default(), false))
}

/// A name for an archive made now that no other has.
pub(super) async fn new_name(client: &Client) -> Result<String, tokio_postgres::Error> {
    let row = client
        .query_typed_one(
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS') \
                 || CASE WHEN count(*) = 0 THEN '' ELSE '_' || count(*) + 1 END \
             FROM trunkline.migration_archives \
             WHERE name LIKE to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS') || '%'",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// Records an archive together with the ledger rows that come back with it.
#[tracing::instrument(name = "db.migration_archives.insert", level = "debug", skip_all)]
pub(super) async fn insert_archive(
    client: &Client,
    name: &str,
    source: &str,
    tables: &[ArchivedTable],
    entries: &[Entry],
) -> Result<Timestamp, tokio_postgres::Error> {
    let tables = serde_json::json!(tables);
    let entries = serde_json::json!(entries);
    let row = client
        .query_typed_one(
            "INSERT INTO trunkline.migration_archives (name, source, tables, migrations) \
             VALUES ($1, $2, $3, $4) \
             RETURNING created_at",
            &[
                (&name, Type::TEXT),
                (&source, Type::TEXT),
                (&tables, Type::JSONB),
                (&entries, Type::JSONB),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Every archive with its ledger rows, newest first.
#[tracing::instrument(name = "db.migration_archives.list", level = "debug", skip_all)]
pub(crate) async fn list_archives(
    client: &Client,
    target: &Target,
) -> Result<Vec<(Archive, Vec<Entry>)>, Error> {
    let rows = client
        .query_typed(
            // By way of the whole row: a ledger of an older binary has no such columns yet.
            "SELECT name, source, created_at, restored_at, tables, migrations, \
                    coalesce(to_jsonb(archive) -> 'objects', '[]'), \
                    (SELECT format('%I.%I', it ->> 'archive_schema', it ->> 'table') \
                     FROM jsonb_array_elements(tables) AS it \
                     WHERE restored_at IS NULL \
                       AND NOT EXISTS (SELECT FROM pg_class c \
                                       JOIN pg_namespace n ON n.oid = c.relnamespace \
                                       WHERE n.nspname = it ->> 'archive_schema' \
                                         AND c.relname = it ->> 'table') \
                     LIMIT 1), \
                    coalesce(to_jsonb(archive) -> 'statements', '[]') \
             FROM trunkline.migration_archives AS archive \
             ORDER BY created_at DESC, name DESC",
            &[],
        )
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(Error::query("reading the archives", target, &error)),
    };
    rows.iter().map(read).collect()
}

fn read(row: &tokio_postgres::Row) -> Result<(Archive, Vec<Entry>), Error> {
    let name: String = row.get(0);
    let unreadable = |error: serde_json::Error| {
        Error::Archive(format!("the archive {name} cannot be read: {error}"))
    };
    let entries: Vec<Entry> = serde_json::from_value(row.get(5)).map_err(unreadable)?;
    let tables = serde_json::from_value(row.get(4)).map_err(unreadable)?;
    let objects = serde_json::from_value(row.get(6)).map_err(unreadable)?;
    let statements = serde_json::from_value(row.get(8)).map_err(unreadable)?;
    let archive = Archive {
        source: row.get(1),
        created_at: row.get(2),
        restored_at: row.get(3),
        tables,
        objects,
        statements,
        migrations: entries.iter().map(|entry| entry.name.clone()).collect(),
        gone: row.get(7),
        name,
    };
    Ok((archive, entries))
}

#[cfg(test)]
mod tests {
    use super::archive_schema;

    #[test]
    fn schemas_of_long_names_have_archives_of_their_own() {
        let of = |schema| archive_schema("20261201T000000Z", schema);
        assert_eq!(of("public"), "trunkline_archive_20261201T000000Z_public");
        let long = ["tenant_reporting_warehouse_long_eu_1", "tenant_reporting_warehouse_long_us_2"];
        let [one, other] = long.map(of);
        assert!(one != other && one.len() <= 63, "{one} {other}");
    }
}
