//! Applying migrations.

mod alone;
mod concurrent_index;
mod execute;
mod stepwise;
mod transactional;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

pub(crate) use alone::{must_stand_alone, never_in_transaction};
pub(crate) use execute::{Runnable, SAMPLES, Stopped, Work, changes_settings, is_pooled};
use transactional::Turn;

use crate::database::Session;
use crate::error::{Error, Problem};
use crate::event::{Event, Observer};
use crate::ledger::{self, Origin, insert_entry};
use crate::lint;
use crate::lock::RunLock;
use crate::migrator::Migrator;
use crate::platform::{PlatformRow, PlatformTable};
use crate::preflight;
use crate::selection::{Selection, UpRequest};
use crate::source::{Migration, Name, Script};

/// What a run of `up` did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UpReport {
    /// Applied now, in order.
    pub applied: Vec<Done>,
    /// Recorded without being run, because the platform's own runner had applied them.
    pub adopted: Vec<Name>,
    /// Whether another runner did the work while this one waited.
    pub done_by_another: bool,
}

/// One migration that was run.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// Which.
    pub migration: Name,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// A run that holds the lock.
pub(crate) struct Run<'a> {
    pub migrator: &'a Migrator,
    pub work: Session,
    pub lock: RunLock,
    pub platform: Option<PlatformTable>,
    pub observer: &'a Arc<dyn Observer>,
    /// Whether a pooler gives each transaction another server connection.
    pub pooled: bool,
}

impl Migrator {
    /// Applies what is pending, or what the request names.
    ///
    /// Nothing pending costs one connection and one query, and takes no lock.
    #[tracing::instrument(name = "migrate.up", skip_all, fields(target = %self.target))]
    pub async fn up(
        &self,
        request: &UpRequest,
        observer: Arc<dyn Observer>,
    ) -> Result<UpReport, Error> {
        let (work, applied) = self.look("up", &observer).await?;
        let selection = Selection::decide(self.source()?, &applied, request)?;
        if selection.pending.is_empty() {
            return Ok(UpReport::default());
        }
        self.up_pending(work, &selection, request, &observer).await
    }

    async fn up_pending(
        &self,
        work: Session,
        selection: &Selection<'_>,
        request: &UpRequest,
        observer: &Arc<dyn Observer>,
    ) -> Result<UpReport, Error> {
        for migration in &selection.pending {
            migration.up.body()?;
            self.require_variables(&migration.up)?;
            // It is kept in the ledger, so it must be readable before anything runs.
            migration.down()?;
            if request.atomic && migration.up.directives.no_transaction {
                return Err(Error::NotAtomic(migration.name.clone()));
            }
        }
        let passed = preflight::check(&work, &self.target, &selection.pending).await?;
        let platform = self.platform_to_keep(&work).await?;
        let nothing_left = || async {
            let applied = self.applied(&work).await?;
            Ok(Selection::decide(self.source()?, &applied, request)?.pending.is_empty())
        };
        let lock = RunLock::acquire(
            &self.target,
            "lock",
            self.options.patience,
            observer.as_ref(),
            &self.options.interrupt,
            nothing_left,
        )
        .await?;
        let Some(lock) = lock else {
            return Ok(UpReport { done_by_another: true, ..UpReport::default() });
        };
        for message in &passed.warnings {
            observer.event(&Event::Warning { message });
        }
        let alone = selection.pending.iter().find(|it| it.up.directives.no_transaction);
        let samples = if alone.is_some() { execute::SAMPLES } else { 1 };
        let pooled = execute::is_pooled(&work, passed.backend, lock.backend, samples).await;
        if let Some(migration) = alone.filter(|_| pooled) {
            return Err(Error::Pooler(migration.name.clone()));
        }
        ledger::create(&work, &self.target).await?;
        let run = Run { migrator: self, work, lock, platform, observer, pooled };
        let report = run.apply_all(request).await;
        run.finish(report).await
    }
}

impl Migrator {
    /// The platform's own ledger, with the rights to keep it.
    pub(crate) async fn platform_to_keep(
        &self,
        work: &Session,
    ) -> Result<Option<PlatformTable>, Error> {
        let platform =
            PlatformTable::find(work, &self.target, &self.options.platform_ledger).await?;
        if let Some(platform) = &platform {
            platform.require_rights()?;
        }
        Ok(platform)
    }
}

impl Migrator {
    /// Finds a `${NAME}` that the environment does not have before anything is touched.
    pub(crate) fn require_variables(&self, script: &Script) -> Result<(), Error> {
        if self.options.substitute {
            for statement in script.statements()? {
                script.substituted(statement)?;
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Ends the run: what it committed is flushed to the server's disk, and the lock given back.
    pub(crate) async fn finish<T>(self, done: Result<T, Error>) -> Result<T, Error> {
        // A transaction that writes no WAL would be committed without a flush.
        let flush = "SELECT pg_logical_emit_message(true, 'trunkline-migrate', 'flush')";
        let flushed = self.work.batch_execute(flush).await;
        self.lock.release().await;
        let flushed = flushed.map_err(|error| {
            Error::query("flushing what was committed", &self.migrator.target, &error)
        });
        done.and_then(|done| flushed.map(|()| done))
    }

    async fn apply_all(&self, request: &UpRequest) -> Result<UpReport, Error> {
        let mut report = UpReport::default();
        // Others may have worked between our first look and the lock.
        let applied = self.migrator.applied(&self.work).await?;
        let selection = Selection::decide(self.migrator.source()?, &applied, request)?;
        let pending = self.adopt_from_platform(selection.pending, &mut report).await?;
        for name in &selection.out_of_order {
            let message = format!("{name} is out of order: later migrations are applied already");
            self.observer.event(&Event::Warning { message: &message });
        }
        let recording = self.prepare_recording(&pending).await?;
        let mut turn = Turn { recording: recording.as_ref(), ..Turn::default() };
        if request.atomic {
            self.apply_in_one_transaction(&pending, turn, &mut report).await?;
        } else {
            for (index, migration) in pending.iter().enumerate() {
                if self.migrator.options.interrupt.is_requested() {
                    if turn.opened.is_some() {
                        let _ = self.work.batch_execute("ROLLBACK").await;
                    }
                    return Err(Error::Interrupted {
                        migration: None,
                        left: "what was finished is recorded, the rest was not begun",
                    });
                }
                let next = pending.get(index + 1);
                let next = next.filter(|next| !next.up.directives.no_transaction);
                turn.next = next.map(|next| &next.name);
                turn.opened = self.apply_one(migration, turn, &mut report).await?;
            }
        }
        Ok(report)
    }

    /// The statement that writes the ledger, where nothing takes it away again: a pooler, or a script.
    async fn prepare_recording(&self, pending: &[&Migration]) -> Result<Option<Statement>, Error> {
        let forgets = |migration: &&Migration| {
            let text = migration.up.text.to_ascii_uppercase();
            text.contains("DEALLOCATE") || text.contains("DISCARD")
        };
        if !self.pooled && !pending.iter().any(forgets) {
            self.work.keep_statements();
        }
        ledger::prepare_insert(&self.work).await.map_err(|error| {
            Error::query("preparing to write the ledger", &self.migrator.target, &error)
        })
    }

    /// Returns the server process behind the transaction that was opened for the next one, if one was.
    async fn apply_one(
        &self,
        migration: &Migration,
        turn: Turn<'_>,
        report: &mut UpReport,
    ) -> Result<Option<i32>, Error> {
        if !migration.up.directives.no_transaction {
            return self.apply_in_one_transaction(&[migration], turn, report).await;
        }
        let began = self.started(migration);
        self.apply_stepwise(migration).await?;
        report.applied.push(self.finished(migration, began.elapsed()));
        Ok(None)
    }

    fn started(&self, migration: &Migration) -> Instant {
        self.observer.event(&Event::Started {
            migration: &migration.name,
            direction: crate::event::Direction::Up,
        });
        Instant::now()
    }

    fn finished(&self, migration: &Migration, elapsed: Duration) -> Done {
        self.observer.event(&Event::Finished {
            migration: &migration.name,
            direction: crate::event::Direction::Up,
            elapsed,
        });
        Done {
            migration: migration.name.clone(),
            duration_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Records what the platform's own runner applied; returns what is left to do.
    async fn adopt_from_platform<'m>(
        &self,
        pending: Vec<&'m Migration>,
        report: &mut UpReport,
    ) -> Result<Vec<&'m Migration>, Error> {
        let Some(platform) = &self.platform else { return Ok(pending) };
        let recorded = platform.list_successes(&self.work, &self.migrator.target).await?;
        if recorded.is_empty() {
            return Ok(pending);
        }
        let mut recorded: HashMap<&str, &PlatformRow> =
            recorded.iter().map(|row| (row.name.as_str(), row)).collect();
        // What is half-way by our own ledger goes on here, whatever the other one says.
        for entry in &self.migrator.applied(&self.work).await? {
            recorded.remove(entry.name());
        }
        let (known, left): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|it| recorded.contains_key(it.name.as_str()));
        for (index, migration) in known.iter().enumerate() {
            self.require_tables_of(migration, &known[index + 1..], platform).await?;
        }
        for migration in known {
            let row = recorded.get(migration.name.as_str());
            let checksum = row.and_then(|row| row.checksum.as_ref());
            if checksum.is_some_and(|sum| !migration.up.checksum.raw.is(sum)) {
                let message = format!(
                    "{} was applied by the platform's own runner from another version of the file",
                    migration.name
                );
                self.observer.event(&Event::Warning { message: &message });
            }
            self.adopt_platform_row(migration).await?;
            report.adopted.push(migration.name.clone());
        }
        Ok(left)
    }

    /// Refuses to take the platform's word for a migration whose tables are not there, unless one of the `later` ones may
    /// have taken them away.
    async fn require_tables_of(
        &self,
        migration: &Migration,
        later: &[&Migration],
        platform: &PlatformTable,
    ) -> Result<(), Error> {
        let created = lint::created_by(migration)?;
        let tables: Vec<String> = created.iter().map(ToString::to_string).collect();
        let rows = self
            .work
            .query_typed(
                "SELECT to_regclass(name) IS NULL FROM unnest($1) WITH ORDINALITY AS it (name, at) ORDER BY at",
                &[(&tables, Type::TEXT_ARRAY)],
            )
            .await
            .map_err(|error| {
                Error::query("looking for adopted tables", &self.migrator.target, &error)
            })?;
        let missing =
            created.iter().zip(&rows).filter(|(_, row)| row.get(0)).map(|(table, _)| table);
        let mut lost =
            missing.filter(|table| !later.iter().any(|it| may_take_away(it, &table.name)));
        let Some(table) = lost.next() else { return Ok(()) };
        let name = &migration.name;
        Err(Error::Preflight(vec![Problem::new(
            format!(
                "the platform's ledger says that {name} is applied, and its table {table} is not there"
            ),
            format!(
                "if it never ran: DELETE FROM {} WHERE filename = '{}'; then up again",
                platform.relation,
                name.file().replace('\'', "''")
            ),
        )]))
    }

    pub(crate) async fn adopt_platform_row(&self, migration: &Migration) -> Result<(), Error> {
        let (source, down) = (self.migrator.source()?.label(), migration.down()?);
        insert_entry(&self.work, None, source, migration, down, Origin::Platform).await.map_err(
            |error| Error::query("recording an adopted migration", &self.migrator.target, &error),
        )?;
        self.observer.event(&Event::Adopted { migration: &migration.name });
        Ok(())
    }
}

/// Whether a migration speaks of a table and drops, renames or moves some.
fn may_take_away(migration: &Migration, table: &str) -> bool {
    let text = migration.up.text.to_lowercase();
    text.contains(&table.to_lowercase())
        && ["drop table", "rename to", "set schema"].iter().any(|words| text.contains(words))
}
