//! Reverting migrations without losing rows.

mod archive;
mod aside;
mod destruction;
mod losses;
mod restore;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

pub use archive::{Archive, ArchivedTable};
pub use restore::RestoreReport;

use losses::{Live, dropped_tables};

use crate::error::Error;
use crate::event::{Direction, Event, Observer};
use crate::ledger::{self, Entry, Note, delete_entry, note};
use crate::migrator::Migrator;
use crate::platform::{PlatformTable, WRITING};
use crate::selection::resolve;
use crate::source::{Migration, Name, Script};
use crate::up::{Run, Runnable, Stopped, Work};

/// Which migrations `down` reverts.
#[derive(Debug, Clone, Default)]
pub struct DownRequest {
    /// Everything that was applied after this one.
    pub to: Option<String>,
    /// So many, the last applied first; without `to` and `steps`, all of the set.
    pub steps: Option<usize>,
    /// Drop tables with their rows instead of moving them to an archive.
    pub drop_data: bool,
}

/// What a run of `down` did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DownReport {
    /// Reverted, in order.
    pub reverted: Vec<Name>,
    /// Where the tables that held rows are now.
    pub archive: Option<Archive>,
}

/// A migration to revert, with the script that does it.
struct Revert {
    entry: Entry,
    script: Script,
}

impl Revert {
    fn runs_alone(&self) -> bool {
        self.script.directives.no_transaction
    }
}

impl Migrator {
    /// Reverts migrations in the reverse of the order in which they were applied.
    ///
    /// Reverts that can run in a transaction run in one with their neighbours, all or none. A table that would be dropped
    /// while any table of the run holds rows is moved to an archive, which takes constant time.
    pub async fn down(
        &self,
        request: &DownRequest,
        observer: Arc<dyn Observer>,
    ) -> Result<DownReport, Error> {
        let work = self.connect("down", &observer).await?;
        let entries = ledger::list_entries(&work, &self.target).await?;
        if self.reverts(entries, request)?.is_empty() {
            return Ok(DownReport::default());
        }
        let run = self.begin_run(work, &observer).await?;
        // Others may have worked between our first look and the lock.
        let entries = ledger::list_entries(&run.work, &self.target).await?;
        let reverts = self.reverts(entries, request)?;
        let report = run.revert_all(&reverts, request.drop_data).await;
        run.lock.release().await;
        report
    }

    /// The lock and the platform's ledger, for a run that changes what is applied.
    pub(crate) async fn begin_run<'a>(
        &'a self,
        work: crate::database::Session,
        observer: &'a Arc<dyn Observer>,
    ) -> Result<Run<'a>, Error> {
        let options = &self.options;
        let lock = crate::lock::RunLock::acquire(
            &self.target,
            "lock",
            options.patience,
            observer.as_ref(),
            &options.interrupt,
            || async { Ok(false) },
        )
        .await?;
        let lock = lock.ok_or(Error::Interrupted { migration: None, left: "nothing was begun" })?;
        ledger::create(&work, &self.target).await?;
        let platform = PlatformTable::find(&work, &self.target, &options.platform_ledger).await?;
        Ok(Run { migrator: self, work, lock, platform, observer, pooled: false })
    }

    /// What is to be reverted, last applied first, each with its script; or why nothing may be.
    fn reverts(&self, entries: Vec<Entry>, request: &DownRequest) -> Result<Vec<Revert>, Error> {
        let ours = |entry: &Entry| {
            entry.source == self.source.label() || self.source.find(&entry.name).is_some()
        };
        let mut entries: Vec<Entry> = entries.into_iter().filter(ours).collect();
        if let Some(to) = &request.to {
            let known: Vec<Name> = entries.iter().map(|entry| entry.name.clone()).collect();
            let last = resolve(known.iter(), to)?;
            let kept = entries.iter().position(|entry| entry.name == last).unwrap_or(0) + 1;
            entries.drain(..kept);
        }
        entries.reverse();
        entries.truncate(request.steps.unwrap_or(usize::MAX));
        let missing: Vec<Name> = entries
            .iter()
            .filter(|entry| self.down_script(entry).is_none())
            .map(|entry| entry.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Error::MissingDown(missing));
        }
        let revert = |entry: Entry| -> Option<Result<Revert, Error>> {
            let script = self.down_script(&entry)?;
            Some(script.and_then(|script| {
                script.body()?;
                Ok(Revert { entry, script })
            }))
        };
        entries.into_iter().filter_map(revert).collect()
    }

    /// The script of the set, which may have been mended since, else the one kept in the ledger.
    fn down_script(&self, entry: &Entry) -> Option<Result<Script, Error>> {
        if let Some(Migration { down: Some(script), .. }) = self.source.find(&entry.name) {
            return Some(Ok(script.clone()));
        }
        let text = entry.down_sql.clone()?;
        let file = format!("{}.down.sql (kept in the ledger)", entry.name);
        Some(Script::from_text(&file, text).map_err(Error::from))
    }
}

impl Run<'_> {
    async fn revert_all(&self, reverts: &[Revert], drop_data: bool) -> Result<DownReport, Error> {
        let mut report = DownReport::default();
        let work =
            Work::new(&self.work, &self.lock, self.observer.as_ref(), &self.migrator.options);
        let mut rest = reverts;
        // A script that runs alone runs in its turn, between the transactions of those around it.
        while let Some(first) = rest.first() {
            let together = rest.iter().take_while(|revert| !revert.runs_alone()).count();
            let (group, after) = rest.split_at(together.max(1));
            let attempt = || self.attempt_reverts(&work, group, rest, drop_data);
            match work.within_budget(&first.entry.name, attempt).await {
                Ok(archive) => report.archive = report.archive.or(archive),
                Err(error) => {
                    ledger::note_failure(&self.work, &first.entry.name, "down", None, &error).await;
                    return Err(error);
                }
            }
            if first.runs_alone() {
                self.revert_alone(&work, first).await?;
            }
            report.reverted.extend(group.iter().map(|revert| revert.entry.name.clone()));
            rest = after;
        }
        Ok(report)
    }

    /// Reverts `group` in one transaction, after the tables of all `reverts` to come were looked at.
    async fn attempt_reverts(
        &self,
        work: &Work<'_>,
        group: &[Revert],
        reverts: &[Revert],
        drop_data: bool,
    ) -> Result<Option<Archive>, Stopped> {
        let first = &reverts[0].entry.name;
        let backend = work.begin(first).await?;
        let stopped = |error: tokio_postgres::Error| work.stopped(first, "moving tables", &error);
        let before = Live::read(&self.work).await.map_err(stopped)?;
        let archive =
            if drop_data { None } else { self.set_aside(reverts).await.map_err(stopped)? };
        if !drop_data {
            self.refuse_other_losses(reverts).await?;
        }
        for revert in group.iter().filter(|revert| !revert.runs_alone()) {
            let name = &revert.entry.name;
            let began = self.reverting(name);
            self.run_down(work, revert, backend).await?;
            self.forget(work, name).await?;
            self.reverted(name, began);
        }
        if !drop_data {
            self.refuse_hidden_losses(reverts, &before).await?;
        }
        work.commit(first).await?;
        Ok(archive)
    }

    /// Moves every table that the run would drop aside, if any of them holds rows.
    async fn set_aside(
        &self,
        reverts: &[Revert],
    ) -> Result<Option<Archive>, tokio_postgres::Error> {
        let tables = archive::find_tables(&self.work, &dropped_tables(reverts)).await?;
        archive::lock_tables(&self.work, &tables).await?;
        let mut holding = false;
        for table in &tables {
            holding |= archive::holds_rows(&self.work, table).await?;
        }
        if !holding {
            return Ok(None);
        }
        let name = archive::new_name(&self.work).await?;
        let moved = archive::move_aside(&self.work, &name, &tables).await?;
        let entries: Vec<Entry> = reverts.iter().rev().map(|revert| revert.entry.clone()).collect();
        let source = self.migrator.source.label();
        archive::insert_archive(&self.work, &name, source, &moved, &entries).await?;
        Ok(Some(Archive {
            name,
            source: source.to_owned(),
            created_at: jiff::Timestamp::now(),
            restored_at: None,
            tables: moved,
            migrations: entries.into_iter().map(|entry| entry.name).collect(),
        }))
    }

    /// Takes a migration out of both ledgers, in the open transaction.
    async fn forget(&self, work: &Work<'_>, name: &Name) -> Result<(), Stopped> {
        let stopped = |error| work.stopped(name, "writing the ledger", &error);
        delete_entry(&self.work, name).await.map_err(stopped)?;
        note(&self.work, &Note::done(name, "down")).await.map_err(stopped)?;
        if let Some(platform) = &self.platform {
            let told = |error| work.stopped(name, WRITING, &error);
            platform.forget(&self.work, name).await.map_err(told)?;
        }
        Ok(())
    }

    /// A revert that cannot run in a transaction: statement by statement, from its start each time.
    async fn revert_alone(&self, work: &Work<'_>, revert: &Revert) -> Result<(), Error> {
        let name = &revert.entry.name;
        let began = self.reverting(name);
        let statements = revert.script.body()?;
        let runnable = Runnable { name, script: &revert.script };
        for (index, statement) in statements.iter().enumerate() {
            let attempt = || work.run_one(runnable, (index, statement), statements.len(), 0);
            if let Err(error) = work.within_budget(name, attempt).await {
                if self.is_put_aside(name, &error).await? {
                    continue;
                }
                let place = Some((index + 1, statements.len()));
                ledger::note_failure(&self.work, name, "down", place, &error).await;
                return Err(error);
            }
        }
        let attempt = || async {
            work.begin(name).await?;
            self.forget(work, name).await?;
            work.commit(name).await
        };
        work.within_budget(name, attempt).await?;
        self.reverted(name, began);
        Ok(())
    }

    fn reverting(&self, migration: &Name) -> Instant {
        self.observer.event(&Event::Started { migration, direction: Direction::Down });
        Instant::now()
    }

    fn reverted(&self, migration: &Name, began: Instant) {
        let elapsed = began.elapsed();
        self.observer.event(&Event::Finished { migration, direction: Direction::Down, elapsed });
    }
}
