//! What a revert would destroy beside tables, which are moved aside: refused, unless asked for.

use std::collections::HashSet;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::Revert;
use super::archive::{LiveTable, find_tables, holds_rows, quote};
use super::destruction::Destruction;
use crate::error::Error;
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
        for row in rows {
            let live = LiveTable {
                oid: row.get(0),
                schema: row.get(1),
                table: row.get(2),
                bytes: row.get(3),
            };
            if holds_rows(&self.work, &live).await? {
                return Ok(Some(format!(
                    "drops the schema {}, whose table {} holds rows",
                    live.schema, live.table
                )));
            }
        }
        Ok(None)
    }

    /// Refuses a table that vanished although no DROP TABLE named it, as a DO block may do.
    pub(super) async fn refuse_hidden_losses(
        &self,
        reverts: &[Revert],
        before: &[(u32, String)],
    ) -> Result<(), Stopped> {
        let failed =
            |error| Error::query("looking for vanished tables", &self.migrator.target, &error);
        let after: HashSet<u32> = live_tables(&self.work)
            .await
            .map_err(failed)?
            .into_iter()
            .map(|(oid, _)| oid)
            .collect();
        let named: Vec<String> = dropped_tables(reverts)
            .iter()
            .map(|name| name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_lowercase())
            .collect();
        let hidden = before.iter().find(|(oid, name)| {
            let table = name.rsplit('.').next().unwrap_or(name);
            !after.contains(oid) && !named.contains(&table.to_lowercase())
        });
        match hidden {
            None => Ok(()),
            Some((_, name)) => Err(Error::WouldDestroy(format!(
                "it dropped {name} from inside a DO block, a function or by CASCADE, where its rows \
                 cannot be seen to; name the table in a DROP TABLE statement"
            ))
            .into()),
        }
    }
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
pub(super) async fn live_tables(
    client: &Client,
) -> Result<Vec<(u32, String)>, tokio_postgres::Error> {
    let rows = client
        .query_typed(
            "SELECT c.oid, n.nspname || '.' || c.relname \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
