//! What a revert would destroy beside tables, which are moved aside: refused, unless asked for.
//!
//! What the statements name is looked at before they run. What went all the same, by a DO block, a
//! function or CASCADE, is found by comparing all tables before and after, and rolled back.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::Revert;
use super::archive::{LiveTable, find_tables, holds_rows, lock_tables};
use super::destruction::Destruction;
use crate::error::Error;
use crate::sql::{quote, words};
use crate::up::{Run, Stopped, Work};

/// Up to so many values are counted to name their number.
const COUNTED_VALUES: i64 = 1000;

/// What was looked at, and so may go.
#[derive(Default)]
pub(super) struct Examined {
    /// Empty, or in the archive.
    tables: HashSet<u32>,
    /// Empty, and locked.
    empty: HashSet<u32>,
    columns: HashSet<(u32, String)>,
}

impl Examined {
    pub(super) fn tables(tables: &[LiveTable]) -> Self {
        Self { tables: tables.iter().map(|table| table.oid).collect(), ..Self::default() }
    }

    fn found_empty(&mut self, table: &LiveTable) {
        self.tables.insert(table.oid);
        self.empty.insert(table.oid);
    }
}

/// Tables that an attempt left empty, of which nobody knows whether they were so before: the statistics
/// know of no rows, as after a crash. The next attempt looks before its scripts run.
#[derive(Default)]
pub(super) struct Suspects(Mutex<HashSet<u32>>);

impl Suspects {
    fn oids(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self) -> usize {
        self.oids().len()
    }

    /// Makes an attempt, and again where the first one found suspects, which the second one looks at.
    pub(super) async fn looked_at<T, F>(
        &self,
        client: &Client,
        attempt: impl Fn() -> F,
    ) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, Stopped>>,
    {
        let known = self.number();
        match attempt().await {
            Err(Stopped::Busy) if self.number() > known => {
                // A connection that is gone has rolled back already.
                let _ = client.batch_execute("ROLLBACK").await;
                attempt().await
            }
            done => done,
        }
    }
}

/// Data that would be lost, as the end of a sentence.
type Loss = Result<Option<String>, tokio_postgres::Error>;

impl Run<'_> {
    /// Refuses what cannot be moved aside: columns with values, rows, whole schemas.
    pub(super) async fn refuse_other_losses(
        &self,
        work: &Work<'_>,
        backend: i32,
        reverts: &[Revert],
        examined: &mut Examined,
    ) -> Result<(), Stopped> {
        for revert in reverts {
            for statement in revert.script.statements()? {
                let loss = match Destruction::read(&revert.sql(statement)) {
                    Some(Destruction::Columns { table, columns }) => {
                        self.values_lost(work, backend, (&table, &columns), examined).await
                    }
                    Some(Destruction::Rows(tables)) => {
                        self.rows_lost(work, backend, &tables, examined).await
                    }
                    Some(Destruction::Schemas(schemas)) => {
                        self.schemas_lost(work, backend, &schemas, examined).await
                    }
                    Some(Destruction::Tables(_)) | None => Ok(None),
                };
                let looking = |error| {
                    work.stopped(&revert.entry.name, "looking for data that would be lost", &error)
                };
                if let Some(loss) = loss.map_err(looking)? {
                    let place = format!("{}:{}", revert.script.file, statement.position);
                    return Err(Error::WouldDestroy(format!("{place} {loss}")).into());
                }
            }
        }
        Ok(())
    }

    async fn values_lost(
        &self,
        work: &Work<'_>,
        backend: i32,
        (table, columns): (&str, &[String]),
        examined: &mut Examined,
    ) -> Loss {
        let tables = find_tables(&self.work, &[table.to_owned()]).await?;
        lock_tables(work, backend, &tables).await?;
        for live in tables {
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
                examined.columns.insert((live.oid, column.clone()));
            }
        }
        Ok(None)
    }

    async fn rows_lost(
        &self,
        work: &Work<'_>,
        backend: i32,
        tables: &[String],
        examined: &mut Examined,
    ) -> Loss {
        let tables = find_tables(&self.work, tables).await?;
        // First without locks, so that nobody is held up for a refusal.
        for locks in [false, true] {
            if locks {
                lock_tables(work, backend, &tables).await?;
            }
            for live in &tables {
                if holds_rows(&self.work, live).await? {
                    return Ok(Some(format!("deletes rows of {}.{}", live.schema, live.table)));
                }
            }
        }
        for table in &tables {
            examined.found_empty(table);
        }
        Ok(None)
    }

    async fn schemas_lost(
        &self,
        work: &Work<'_>,
        backend: i32,
        schemas: &[String],
        examined: &mut Examined,
    ) -> Loss {
        let tables = tables_in(&self.work, schemas).await?;
        lock_tables(work, backend, &tables).await?;
        for live in tables {
            if holds_rows(&self.work, &live).await? {
                return Ok(Some(format!(
                    "drops the schema {}, whose table {} holds rows",
                    live.schema, live.table
                )));
            }
            examined.found_empty(&live);
        }
        Ok(None)
    }

    /// Looks at what an earlier attempt left empty, before the scripts run again.
    pub(super) async fn look_at_suspects(
        &self,
        work: &Work<'_>,
        backend: i32,
        (before, suspects): (&Live, &Suspects),
        examined: &mut Examined,
    ) -> Result<(), Stopped> {
        let oids: Vec<u32> = suspects.oids().iter().copied().collect();
        for was in oids.iter().filter_map(|oid| before.0.get(oid)) {
            let failed =
                |error| Error::query("looking for data to be lost", &self.migrator.target, &error);
            let looked = lock_tables(work, backend, std::slice::from_ref(&was.table)).await;
            looked.map_err(failed)?;
            if holds_rows(&self.work, &was.table).await.map_err(failed)? {
                return Err(emptied(was));
            }
            examined.found_empty(&was.table);
        }
        Ok(())
    }

    /// Refuses data that went although nothing that was looked at named it.
    ///
    /// Where that cannot be told, it adds to `suspects`, and the attempt must be made again.
    pub(super) async fn refuse_hidden_losses(
        &self,
        before: &Live,
        examined: &Examined,
        suspects: &Suspects,
    ) -> Result<(), Stopped> {
        let known = suspects.number();
        let failed = |error| Error::query("looking for lost data", &self.migrator.target, &error);
        let after = Live::read(&self.work).await.map_err(failed)?;
        let platform = self.platform.as_ref().map(|platform| platform.oid);
        for (oid, was) in &before.0 {
            let Some(is) = after.0.get(oid) else {
                if examined.tables.contains(oid) {
                    continue;
                }
                return Err(hidden(
                    &format!("dropped {}", was.name()),
                    "name the table with its schema in a DROP TABLE statement",
                ));
            };
            let gone = was.columns.iter().find(|(number, column)| {
                !is.columns.contains_key(*number)
                    && !examined.columns.contains(&(*oid, (*column).clone()))
            });
            let written_again = is.file != was.file && !examined.empty.contains(oid);
            let holds = async || holds_rows(&self.work, &is.table).await.map_err(failed);
            if let Some((_, column)) = gone
                && holds().await?
            {
                return Err(hidden(
                    &format!("dropped the column {}.{column}", was.name()),
                    "name the column in an ALTER TABLE statement",
                ));
            }
            if written_again && !holds().await? {
                if was.maybe_rows {
                    return Err(emptied(was));
                }
                suspects.oids().insert(*oid);
            }
            let ours = was.table.schema == "trunkline" || platform == Some(*oid);
            if is.deleted > was.deleted && !ours {
                return Err(hidden(
                    &format!("deleted rows of {}", was.name()),
                    "delete them by a statement of its own, or keep them",
                ));
            }
        }
        if suspects.number() == known { Ok(()) } else { Err(Stopped::Busy) }
    }
}

fn emptied(table: &Relation) -> Stopped {
    hidden(&format!("emptied {}", table.name()), "keep its rows")
}

fn hidden(what: &str, instead: &str) -> Stopped {
    Stopped::Failed(Error::WouldDestroy(format!(
        "it {what} from inside a DO block, a function or a larger statement, or by CASCADE, where \
         rows cannot be seen to; {instead}"
    )))
}

/// The tables in these schemas, which are named as a statement writes them.
pub(super) async fn tables_in(
    client: &Client,
    schemas: &[String],
) -> Result<Vec<LiveTable>, tokio_postgres::Error> {
    let identifier = |schema: &String| words(schema).next().map(|word| word.identifier());
    let names: Vec<String> = schemas.iter().filter_map(identifier).collect();
    let rows = client
        .query_typed(
            "SELECT c.oid, n.nspname::text, c.relname::text, false \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = ANY ($1) AND c.relkind = 'r'",
            &[(&names, Type::TEXT_ARRAY)],
        )
        .await?;
    Ok(rows.iter().map(LiveTable::from_row).collect())
}

/// The tables that the scripts drop, as they write them.
pub(super) fn dropped_tables(reverts: &[Revert]) -> Vec<String> {
    let tables = reverts.iter().flat_map(Revert::statements).filter_map(|sql| {
        let Some(Destruction::Tables(names)) = Destruction::read(&sql) else { return None };
        Some(names)
    });
    tables.flatten().collect()
}

/// Every table of the database, by oid.
pub(super) struct Live(HashMap<u32, Relation>);

struct Relation {
    table: LiveTable,
    /// The file that holds its rows; TRUNCATE gives it another one.
    file: u32,
    /// Whether the statistics know of rows; its size is not asked for, because that waits for locks.
    maybe_rows: bool,
    /// Rows that this session has deleted and not yet reported; only its growth means something.
    deleted: i64,
    /// By number.
    columns: HashMap<i16, String>,
}

impl Relation {
    fn name(&self) -> String {
        format!("{}.{}", self.table.schema, self.table.table)
    }
}

impl Live {
    pub(super) async fn read(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let rows = client
            .query_typed(
                "SELECT c.oid, n.nspname::text, c.relname::text, false, c.relfilenode, \
                        c.relpages > 0 OR pg_stat_get_live_tuples(c.oid) > 0, \
                        pg_stat_get_xact_tuples_deleted(c.oid), \
                        array_agg(a.attnum) FILTER (WHERE a.attnum IS NOT NULL), \
                        array_agg(a.attname::text) FILTER (WHERE a.attnum IS NOT NULL) \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' \
                   AND n.nspname <> 'information_schema' \
                 GROUP BY c.oid, n.nspname, c.relname, c.relfilenode, c.relpages",
                &[],
            )
            .await?;
        let relation = |row: &tokio_postgres::Row| {
            let table = LiveTable::from_row(row);
            let numbers: Vec<i16> = row.get::<_, Option<_>>(7).unwrap_or_default();
            let names: Vec<String> = row.get::<_, Option<_>>(8).unwrap_or_default();
            let columns = numbers.into_iter().zip(names).collect();
            let maybe_rows = row.get::<_, Option<bool>>(5).unwrap_or(true);
            let deleted = row.get::<_, Option<i64>>(6).unwrap_or(0);
            (table.oid, Relation { file: row.get(4), table, maybe_rows, deleted, columns })
        };
        Ok(Self(rows.iter().map(relation).collect()))
    }
}
