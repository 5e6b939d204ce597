//! Bringing an archive back: the same rows, ids, sequences, constraints and indexes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::archive::{
    self, Archive, SEE_ALL_ROWS, find_tables, holds_rows, list_archives, lock_tables,
};
use super::aside::{BACK, RELEASE, SAVE};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::ledger::{self, Entry, Note, State, note, put_entry};
use crate::migrator::Migrator;
use crate::source::{Migration, Name};
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
        let (mut archive, entries) = archives
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
        if let Some(table) = &archive.gone {
            let what = format!("the archive {name} cannot come back: {table} was dropped");
            return Err(Error::Archive(what));
        }
        let this = self.source()?.label();
        if archive.source != this {
            let (archive, of) = (archive.name, archive.source);
            return Err(Error::OtherSet { archive, of, this: this.to_owned() });
        }
        let run = self.begin_run(work, &observer, 1).await?;
        run.refuse_other_migrations(&entries).await?;
        let result = run.restore(&archive, &entries).await;
        archive.restored_at = run.finish(result).await?;
        for statement in &archive.statements {
            let message = format!("not undone, for it ran when the archive was made: {statement}");
            observer.event(&Event::Warning { message: &message });
        }
        if !archive.statements.is_empty() {
            let message = "what is missing by that, `trunkline migrate verify --sql` prints";
            observer.event(&Event::Warning { message });
        }
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
    /// A migration that was applied after the archive was made may need tables of another shape, and one that is not applied
    /// made what those of the archive build on.
    async fn refuse_other_migrations(&self, entries: &[Entry]) -> Result<(), Error> {
        let Some(first) = entries.first().map(|entry| &entry.name) else { return Ok(()) };
        let migrator = self.migrator;
        let source = migrator.source()?;
        let applied = ledger::list_entries(&self.work, &migrator.target).await?;
        let newer = applied.iter().find(|applied| {
            applied.source == source.label()
                && entries.iter().all(|entry| entry.name != applied.name)
                && applied.name > *first
        });
        if let Some(entry) = newer {
            let reason = format!("{} is applied, which the archive does not know", entry.name);
            let command = self.down_to(first)?;
            return Err(Error::ArchiveBlocked { reason, command });
        }
        let is_missing = |migration: &&Migration| {
            migration.name < *first && applied.iter().all(|applied| applied.name != migration.name)
        };
        let missing = source.migrations().iter().rfind(is_missing);
        missing.map_or(Ok(()), |migration| {
            let name = &migration.name;
            let reason = format!("{name} is not applied, on which the archive builds");
            let command = format!("apply what comes before it: trunkline migrate up --to {name}");
            Err(Error::ArchiveBlocked { reason, command })
        })
    }

    /// How this migration and what came since is reverted, and nothing before it.
    fn down_to(&self, first: &Name) -> Result<String, Error> {
        let source = self.migrator.source()?;
        let before = source.migrations().iter().rfind(|migration| migration.name < *first);
        let to = before.map_or_else(String::new, |before| format!(" --to {}", before.name));
        Ok(format!("revert first, which moves rows aside too: trunkline migrate down{to}"))
    }

    /// Brings it back; the time at which that was done.
    async fn restore(
        &self,
        archive: &Archive,
        entries: &[Entry],
    ) -> Result<Option<Timestamp>, Error> {
        let Some(first) = entries.first() else { return Ok(None) };
        let work = self.work();
        let attempt = || async {
            let backend = work.begin(&first.name).await?;
            self.make_room(&work, backend, archive, &first.name).await?;
            let stopped = |error| work.stopped(&first.name, "bringing tables back", &error);
            let restored_at = self.move_back(archive).await.map_err(stopped)?;
            for entry in entries {
                put_entry(&self.work, entry).await.map_err(stopped)?;
                note(&self.work, &Note::done(&entry.name, "restore")).await.map_err(stopped)?;
                // One that is half-way is not for the platform's ledger, which knows no halves.
                if entry.state == State::Applied
                    && let (Some(platform), Some(migration)) =
                        (&self.platform, self.migrator.source()?.find(&entry.name))
                {
                    platform.claim(&self.work, migration).await.map_err(stopped)?;
                }
            }
            work.commit(&first.name).await?;
            Ok(Some(restored_at))
        };
        work.within_budget(&first.name, attempt).await
    }

    /// Drops empty tables that stand where the archived ones belong.
    async fn make_room(
        &self,
        work: &Work<'_>,
        backend: i32,
        archive: &Archive,
        name: &Name,
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
                let reason = format!(
                    "{}.{} holds rows, which the archive {} would replace",
                    table.schema, table.table, archive.name
                );
                return Err(Error::ArchiveBlocked { reason, command: self.down_to(name)? }.into());
            }
        }
        // A function that takes rows of a table stands in the table's way, one that its trigger calls
        // does not before the table is gone.
        for object in &archive.objects {
            self.work.batch_execute(SAVE).await.map_err(stopped)?;
            match object.make_room(&self.work).await {
                Err(error) if error.code() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST) => {
                    self.work.batch_execute(BACK).await.map_err(stopped)?;
                }
                made => made.map_err(stopped)?,
            }
            self.work.batch_execute(RELEASE).await.map_err(stopped)?;
        }
        if !present.is_empty() {
            let list: Vec<String> = present.iter().map(archive::LiveTable::quoted).collect();
            let message = format!("{} stood empty and gave way", list.join(", ").replace('"', ""));
            self.observer.event(&Event::Warning { message: &message });
            let drop = format!("DROP TABLE {}", list.join(", "));
            self.work.batch_execute(&drop).await.map_err(stopped)?;
        }
        for object in &archive.objects {
            self.work.batch_execute(SAVE).await.map_err(stopped)?;
            match object.make_room(&self.work).await {
                // What was made again, and is used by what stayed where it was, as by the trigger of another table,
                // is the one that goes on.
                Err(error) if error.code() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST) => {
                    self.work.batch_execute(BACK).await.map_err(stopped)?;
                    object.drop_archived(&self.work).await.map_err(stopped)?;
                }
                made => made.map_err(stopped)?,
            }
            self.work.batch_execute(RELEASE).await.map_err(stopped)?;
        }
        Ok(())
    }

    async fn move_back(&self, archive: &Archive) -> Result<Timestamp, tokio_postgres::Error> {
        for object in &archive.objects {
            self.ensure_schema(&object.schema).await?;
            object.move_back(&self.work).await?;
        }
        for table in &archive.tables {
            self.ensure_schema(&table.schema).await?;
            let sql = format!(
                "ALTER TABLE {}.{} SET SCHEMA {}",
                quote(&table.archive_schema),
                quote(&table.table),
                quote(&table.schema)
            );
            self.work.batch_execute(&sql).await?;
        }
        for schema in archive.schemas() {
            self.work.batch_execute(&format!("DROP SCHEMA {}", quote(&schema))).await?;
        }
        let row = self
            .work
            .query_typed_one(
                "UPDATE trunkline.migration_archives SET restored_at = now() WHERE name = $1 \
                 RETURNING restored_at",
                &[(&archive.name, Type::TEXT)],
            )
            .await?;
        Ok(row.get(0))
    }

    /// Makes the schema that something came from, which the revert may have dropped.
    async fn ensure_schema(&self, name: &str) -> Result<(), tokio_postgres::Error> {
        let query = "SELECT FROM pg_namespace WHERE nspname = $1";
        if self.work.query_typed_opt(query, &[(&name, Type::TEXT)]).await?.is_none() {
            self.work.batch_execute(&format!("CREATE SCHEMA {}", quote(name))).await?;
        }
        Ok(())
    }
}
