//! What `--drop-data` drops: the tables that the statements name, with their rows counted before they go.

use std::borrow::Cow;

use serde::Serialize;
use tokio_postgres::types::Type;

use super::archive::{LiveTable, count, find_tables, lock_tables};
use super::destruction::Destruction;
use super::losses::tables_in;
use crate::source::Name;
use crate::up::{Run, Stopped, Work};

/// A table that was dropped with its rows.
#[derive(Debug, Clone, Serialize)]
pub struct DroppedTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: i64,
    /// Whether `rows` was counted; a large table is estimated, since counting it takes time.
    pub exact: bool,
}

/// Tables that statements name, by oid, before they run.
#[derive(Default)]
pub(super) struct Doomed(Vec<(u32, DroppedTable)>);

impl Run<'_> {
    /// Counts what `statements` would drop, and locks it, so that the numbers stay true.
    pub(super) async fn count_doomed<'s>(
        &self,
        work: &Work<'_>,
        backend: i32,
        migration: &Name,
        statements: impl IntoIterator<Item = Cow<'s, str>>,
    ) -> Result<Doomed, Stopped> {
        let stopped = |error| work.stopped(migration, "counting what is dropped", &error);
        let (mut names, mut schemas) = (Vec::new(), Vec::new());
        for sql in statements {
            match Destruction::read(&sql) {
                Some(Destruction::Tables(tables)) => names.extend(tables),
                Some(Destruction::Schemas(dropped)) => schemas.extend(dropped),
                _ => {}
            }
        }
        let mut tables = find_tables(&self.work, &names).await.map_err(stopped)?;
        let known: Vec<u32> = tables.iter().map(|table| table.oid).collect();
        let inside = tables_in(&self.work, &schemas).await.map_err(stopped)?;
        tables.extend(inside.into_iter().filter(|table| !known.contains(&table.oid)));
        lock_tables(work, backend, &tables).await.map_err(stopped)?;
        let mut doomed = Vec::new();
        for table in tables {
            let (rows, exact) = count(&self.work, &table).await.map_err(stopped)?;
            let LiveTable { oid, schema, table, .. } = table;
            doomed.push((oid, DroppedTable { schema, table, rows, exact }));
        }
        Ok(Doomed(doomed))
    }

    /// Those of `doomed` that are gone now.
    pub(super) async fn dropped(
        &self,
        work: &Work<'_>,
        migration: &Name,
        doomed: Doomed,
    ) -> Result<Vec<DroppedTable>, Stopped> {
        if doomed.0.is_empty() {
            return Ok(Vec::new());
        }
        let oids: Vec<u32> = doomed.0.iter().map(|(oid, _)| *oid).collect();
        let query = "SELECT oid FROM pg_class WHERE oid = ANY ($1)";
        let rows = self
            .work
            .query_typed(query, &[(&oids, Type::OID_ARRAY)])
            .await
            .map_err(|error| work.stopped(migration, "looking at what was dropped", &error))?;
        let left: Vec<u32> = rows.iter().map(|row| row.get(0)).collect();
        let gone = doomed.0.into_iter().filter(|(oid, _)| !left.contains(oid));
        Ok(gone.map(|(_, table)| table).collect())
    }
}
