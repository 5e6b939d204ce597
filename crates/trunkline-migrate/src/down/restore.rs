//! Bringing an archive back: the same rows, ids, sequences, constraints and indexes.

use std::sync::Arc;

use serde::Serialize;
use tokio_postgres::types::Type;

use super::archive::{
    self, Archive, SEE_ALL_ROWS, find_tables, holds_rows, list_archives, lock_tables,
};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::ledger::{self, Entry, Note, note, put_entry};
use crate::migrator::Migrator;
use crate::sql::quote;
use crate::up::{Run, Stopped, Work};

/// What `restore` brought back.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreReport {
    /// The archive, with what was in it.
    pub archive: Archive,
}

impl Migrator {
    /// The archives that reverts made, newest first.
    pub async fn archives(&self) -> Result<Vec<Archive>, Error> {
        let session = self.connect_read_only("archives").await?;
        let archives = list_archives(&session, &self.target).await?;
        Ok(archives.into_iter().map(|(archive, _)| archive).collect())
    }

    /// Brings the archive `name` back, together with the ledger rows of its migrations.
    ///
    /// Empty tables that were made again meanwhile give way; tables with rows do not.
    pub async fn restore(
        &self,
        name: &str,
        observer: Arc<dyn Observer>,
    ) -> Result<RestoreReport, Error> {
        let work = self.connect("restore", &observer).await?;
        let archives = list_archives(&work, &self.target).await?;
        let known: Vec<String> = archives.iter().map(|(archive, _)| archive.name.clone()).collect();
        // The name of its schema means the archive too.
        let name = name.strip_prefix("trunkline_archive_").unwrap_or(name);
        let (archive, entries) = archives
            .into_iter()
            .find(|(archive, _)| {
                let rest = name.strip_prefix(archive.name.as_str());
                rest.is_some_and(|rest| {
                    let schema =
                        |table: &super::ArchivedTable| rest == format!("_{}", table.schema);
                    rest.is_empty() || archive.tables.iter().any(schema)
                })
            })
            .ok_or_else(|| Error::Archive(unknown(name, &known)))?;
        if archive.restored_at.is_some() {
            return Err(Error::Archive(format!("the archive {name} was brought back already")));
        }
        let run = self.begin_run(work, &observer).await?;
        run.refuse_newer_migrations(&entries).await?;
        let result = run.restore(&archive, &entries).await;
        run.lock.release().await;
        result?;
        Ok(RestoreReport { archive })
    }
}

fn unknown(name: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("there is no archive `{name}`; no revert has made one yet");
    }
    format!("there is no archive `{name}`; there are {}", known.join(", "))
}

impl Run<'_> {
    /// A migration that was applied after the archive was made may need tables of another shape.
    async fn refuse_newer_migrations(&self, entries: &[Entry]) -> Result<(), Error> {
        let migrator = self.migrator;
        let source = migrator.source()?;
        let applied = ledger::list_entries(&self.work, &migrator.target).await?;
        let newer = applied.iter().find(|applied| {
            applied.source == source.label()
                && entries.iter().all(|entry| entry.name != applied.name)
                && entries.first().is_some_and(|first| applied.name > first.name)
        });
        match newer {
            None => Ok(()),
            Some(entry) => Err(Error::Archive(format!(
                "{} is applied, which the archive does not know; revert it first: \
                 trunkline migrate down",
                entry.name
            ))),
        }
    }

    async fn restore(&self, archive: &Archive, entries: &[Entry]) -> Result<(), Error> {
        let Some(first) = entries.first() else { return Ok(()) };
        let work = self.work();
        let attempt = || async {
            let backend = work.begin(&first.name).await?;
            self.make_room(&work, backend, archive, &first.name).await?;
            let stopped = |error| work.stopped(&first.name, "bringing tables back", &error);
            self.move_back(archive).await.map_err(stopped)?;
            for entry in entries {
                put_entry(&self.work, entry).await.map_err(stopped)?;
                note(&self.work, &Note::done(&entry.name, "restore")).await.map_err(stopped)?;
                if let (Some(platform), Some(migration)) =
                    (&self.platform, self.migrator.source()?.find(&entry.name))
                {
                    platform.claim(&self.work, migration).await.map_err(stopped)?;
                }
            }
            work.commit(&first.name).await
        };
        work.within_budget(&first.name, attempt).await
    }

    /// Drops empty tables that stand where the archived ones belong.
    async fn make_room(
        &self,
        work: &Work<'_>,
        backend: i32,
        archive: &Archive,
        name: &crate::source::Name,
    ) -> Result<(), Stopped> {
        let stopped = |error| work.stopped(name, "making room for the archive", &error);
        let names: Vec<String> = archive
            .tables
            .iter()
            .map(|table| format!("{}.{}", quote(&table.schema), quote(&table.table)))
            .collect();
        self.work.batch_execute(SEE_ALL_ROWS).await.map_err(stopped)?;
        let present = find_tables(&self.work, &names).await.map_err(stopped)?;
        lock_tables(work, backend, &present).await.map_err(stopped)?;
        for table in &present {
            if holds_rows(&self.work, table).await.map_err(stopped)? {
                return Err(Error::Archive(format!(
                    "{}.{} holds rows, which the archive {} would replace; move them aside first: \
                     trunkline migrate down",
                    table.schema, table.table, archive.name
                ))
                .into());
            }
        }
        if present.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = present.iter().map(archive::LiveTable::quoted).collect();
        let message = format!("{} stood empty and gave way", list.join(", ").replace('"', ""));
        self.observer.event(&Event::Warning { message: &message });
        self.work.batch_execute(&format!("DROP TABLE {}", list.join(", "))).await.map_err(stopped)
    }

    async fn move_back(&self, archive: &Archive) -> Result<(), tokio_postgres::Error> {
        let mut schemas: Vec<&str> = Vec::new();
        for table in &archive.tables {
            // The revert may have dropped the schema that the table came from.
            let schema = self
                .work
                .query_typed_opt(
                    "SELECT FROM pg_namespace WHERE nspname = $1",
                    &[(&table.schema, Type::TEXT)],
                )
                .await?;
            if schema.is_none() {
                self.work.batch_execute(&format!("CREATE SCHEMA {}", quote(&table.schema))).await?;
            }
            let sql = format!(
                "ALTER TABLE {}.{} SET SCHEMA {}",
                quote(&table.archive_schema),
                quote(&table.table),
                quote(&table.schema)
            );
            self.work.batch_execute(&sql).await?;
            if !schemas.contains(&table.archive_schema.as_str()) {
                schemas.push(&table.archive_schema);
            }
        }
        for schema in schemas {
            self.work.batch_execute(&format!("DROP SCHEMA {}", quote(schema))).await?;
        }
        self.work
            .execute_typed(
                "UPDATE trunkline.migration_archives SET restored_at = now() WHERE name = $1",
                &[(&archive.name, Type::TEXT)],
            )
            .await
            .map(|_| ())
    }
}
