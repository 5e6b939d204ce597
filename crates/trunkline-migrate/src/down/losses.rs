//! What a revert would destroy beside tables, which are moved aside: refused, unless asked for.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::Revert;
use super::archive::{LiveTable, find_tables, holds_rows, lock_tables, quote};
use super::destruction::Destruction;
use crate::error::Error;
use crate::platform::PlatformTable;
use crate::up::{Run, Stopped};

/// Up to so many values are counted to name their number.
const COUNTED_VALUES: i64 = 1000;

impl Run<'_> {
    /// Refuses what cannot be moved aside: columns with values, rows, whole schemas.
    pub(super) async fn refuse_other_losses(&self, reverts: &[Revert]) -> Result<(), Stopped> {
        let failed = |error| {
            Error::query("looking for data that would be lost", &self.migrator.target, &error)
        };
        for revert in reverts {
            for statement in revert.script.statements()? {
                let loss = match Destruction::read(revert.script.sql(statement)) {
                    Some(Destruction::Columns { table, columns }) => {
                        self.values_lost(&table, &columns).await.map_err(failed)?
                    }
                    Some(Destruction::Rows(tables)) => {
                        self.rows_lost(&tables).await.map_err(failed)?
                    }
                    Some(Destruction::Schemas(schemas)) => {
                        self.schemas_lost(&schemas).await.map_err(failed)?
                    }
                    Some(Destruction::Tables(_)) | None => None,
                };
                if let Some(loss) = loss {
                    let place = format!("{}:{}", revert.script.file, statement.position);
                    return Err(Error::WouldDestroy(format!("{place} {loss}")).into());
                }
            }
        }
        Ok(())
    }

    async fn values_lost(
        &self,
        table: &str,
        columns: &[String],
    ) -> Result<Option<String>, tokio_postgres::Error> {
        for live in find_tables(&self.work, &[table.to_owned()]).await? {
            for column in columns {
                let exists = self
                    .work
                    .query_typed_one(
                        "SELECT EXISTS (SELECT FROM pg_attribute \
                         WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped)",
                        &[(&live.oid, Type::OID), (column, Type::TEXT)],
                    )
                    .await?;
                if !exists.get::<_, bool>(0) {
                    continue;
                }
                let query = format!(
                    "SELECT count(*) FROM (SELECT FROM {} WHERE {} IS NOT NULL LIMIT {COUNTED_VALUES}) AS t",
                    live.quoted(),
                    quote(column)
                );
                let values: i64 = self.work.query_typed_one(&query, &[]).await?.get(0);
                if values > 0 {
                    return Ok(Some(format!(
                        "drops the column {table}.{column}, which holds {}{values} values",
                        if values == COUNTED_VALUES { "at least " } else { "" }
                    )));
                }
            }
        }
        Ok(None)
    }

    async fn rows_lost(&self, tables: &[String]) -> Result<Option<String>, tokio_postgres::Error> {
        for live in find_tables(&self.work, tables).await? {
            if holds_rows(&self.work, &live).await? {
                return Ok(Some(format!("deletes rows of {}.{}", live.schema, live.table)));
            }
        }
        Ok(None)
    }

    async fn schemas_lost(
        &self,
        schemas: &[String],
    ) -> Result<Option<String>, tokio_postgres::Error> {
        let names: Vec<String> =
            schemas.iter().map(|schema| schema.trim_matches('"').to_owned()).collect();
        let rows = self
            .work
            .query_typed(
                "SELECT c.oid, n.nspname::text, c.relname::text, pg_relation_size(c.oid) \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = ANY ($1) AND c.relkind = 'r'",
                &[(&names, Type::TEXT_ARRAY)],
            )
            .await?;
        let live = |row: &tokio_postgres::Row| LiveTable {
            oid: row.get(0),
            schema: row.get(1),
            table: row.get(2),
            bytes: row.get(3),
        };
        let tables: Vec<LiveTable> = rows.iter().map(live).collect();
        lock_tables(&self.work, &tables).await?;
        for live in tables {
            if holds_rows(&self.work, &live).await? {
                return Ok(Some(format!(
                    "drops the schema {}, whose table {} holds rows",
                    live.schema, live.table
                )));
            }
        }
        Ok(None)
    }

    /// Refuses data that went although no statement named it, as a DO block or CASCADE may do.
    pub(super) async fn refuse_hidden_losses(
        &self,
        reverts: &[Revert],
        before: &Live,
    ) -> Result<(), Stopped> {
        let failed = |error| Error::query("looking for lost data", &self.migrator.target, &error);
        let after = Live::read(&self.work).await.map_err(failed)?;
        let named = Named::of(reverts);
        for (oid, was) in &before.0 {
            let name = format!("{}.{}", was.table.schema, was.table.table);
            let Some(is) = after.0.get(oid) else {
                if named.covers_table(&was.table) {
                    continue;
                }
                return Err(hidden(
                    &format!("dropped {name}"),
                    "name the table in a DROP TABLE statement",
                ));
            };
            let gone = was.columns.iter().find(|(number, column)| {
                !is.columns.contains_key(*number) && !named.columns.contains(*column)
            });
            let emptied = is.file != was.file && was.table.bytes > 0;
            if gone.is_none() && !emptied {
                continue;
            }
            match (gone, holds_rows(&self.work, &is.table).await.map_err(failed)?) {
                (Some((_, column)), true) => {
                    return Err(hidden(
                        &format!("dropped the column {name}.{column}"),
                        "name the column in an ALTER TABLE statement",
                    ));
                }
                (_, false) if emptied => {
                    return Err(hidden(&format!("emptied {name}"), "keep its rows"));
                }
                _ => {}
            }
        }
        match self.deleted_from().await.map_err(failed)? {
            None => Ok(()),
            Some(table) => Err(hidden(
                &format!("deleted rows of {table}"),
                "delete them by a statement of its own, or keep them",
            )),
        }
    }

    /// A table of which this transaction has deleted rows, by PostgreSQL's own count.
    async fn deleted_from(&self) -> Result<Option<String>, tokio_postgres::Error> {
        let platform = self.platform.as_ref().map(PlatformTable::relation);
        let row = self
            .work
            .query_typed_opt(
                "SELECT schemaname || '.' || relname FROM pg_stat_xact_user_tables \
                 WHERE n_tup_del > 0 AND schemaname <> 'trunkline' \
                   AND relid IS DISTINCT FROM to_regclass($1)::oid \
                 LIMIT 1",
                &[(&platform, Type::TEXT)],
            )
            .await?;
        Ok(row.map(|row| row.get(0)))
    }
}

fn hidden(what: &str, instead: &str) -> Stopped {
    Stopped::Failed(Error::WouldDestroy(format!(
        "it {what} from inside a DO block, a function or a larger statement, or by CASCADE, where \
         rows cannot be seen to; {instead}"
    )))
}

/// What the statements of down scripts drop by name, which was looked at before they ran.
#[derive(Default)]
struct Named {
    tables: HashSet<String>,
    schemas: HashSet<String>,
    columns: HashSet<String>,
}

impl Named {
    fn of(reverts: &[Revert]) -> Self {
        let mut named = Self::default();
        for revert in reverts {
            for statement in revert.script.statements().unwrap_or_default() {
                match Destruction::read(revert.script.sql(statement)) {
                    Some(Destruction::Tables(names)) => {
                        named.tables.extend(names.iter().map(|name| last_part(name)));
                    }
                    Some(Destruction::Schemas(names)) => {
                        named.schemas.extend(names.iter().map(|name| last_part(name)));
                    }
                    Some(Destruction::Columns { columns, .. }) => named.columns.extend(columns),
                    Some(Destruction::Rows(_)) | None => {}
                }
            }
        }
        named
    }

    fn covers_table(&self, table: &LiveTable) -> bool {
        self.schemas.contains(&table.schema.to_lowercase())
            || self.tables.contains(&table.table.to_lowercase())
    }
}

/// The name without its schema and quotes, in lower case.
fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_lowercase()
}

pub(super) fn dropped_tables(reverts: &[Revert]) -> Vec<String> {
    let mut tables = Vec::new();
    for revert in reverts {
        for statement in revert.script.statements().unwrap_or_default() {
            if let Some(Destruction::Tables(names)) =
                Destruction::read(revert.script.sql(statement))
            {
                tables.extend(names);
            }
        }
    }
    tables
}

/// Every table of the database, by oid.
pub(super) struct Live(HashMap<u32, Relation>);

struct Relation {
    table: LiveTable,
    /// The file that holds its rows; TRUNCATE gives it another one.
    file: u32,
    /// By number.
    columns: HashMap<i16, String>,
}

impl Live {
    pub(super) async fn read(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let rows = client
            .query_typed(
                "SELECT c.oid, n.nspname::text, c.relname::text, pg_relation_size(c.oid), c.relfilenode, \
                        array_agg(a.attnum) FILTER (WHERE a.attnum IS NOT NULL), \
                        array_agg(a.attname::text) FILTER (WHERE a.attnum IS NOT NULL) \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' \
                   AND n.nspname <> 'information_schema' \
                 GROUP BY c.oid, n.nspname",
                &[],
            )
            .await?;
        let relation = |row: &tokio_postgres::Row| {
            let table = LiveTable {
                oid: row.get(0),
                schema: row.get(1),
                table: row.get(2),
                bytes: row.get::<_, Option<i64>>(3).unwrap_or(0),
            };
            let numbers: Vec<i16> = row.get::<_, Option<_>>(5).unwrap_or_default();
            let names: Vec<String> = row.get::<_, Option<_>>(6).unwrap_or_default();
            let columns = numbers.into_iter().zip(names).collect();
            (table.oid, Relation { table, file: row.get(4), columns })
        };
        Ok(Self(rows.iter().map(relation).collect()))
    }
}
