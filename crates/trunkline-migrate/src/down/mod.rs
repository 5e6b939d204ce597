//! Reverting migrations without losing rows.

mod archive;
mod aside;
mod companions;
mod destruction;
mod drop_statement;
mod dropped;
mod losses;
mod restore;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

pub use archive::{Archive, ArchivedTable};
pub use companions::{ArchivedObject, Kind as ArchivedKind};
pub use dropped::DroppedTable;
pub use restore::RestoreReport;

use archive::{LiveTable, SEE_ALL_ROWS};
use destruction::Destruction;
use dropped::Doomed;
use losses::{Examined, Live, Suspects, dropped_tables};

use crate::error::Error;
use crate::event::{Direction, Event, Observer};
use crate::ledger::{self, Entry, Note, delete_entry, note};
use crate::migrator::Migrator;
use crate::platform::WRITING;
use crate::selection::resolve;
use crate::source::{Migration, Name, Script, Source, SourceError};
use crate::sql::{Statement, words};
use crate::up::{
    Run, Runnable, SAMPLES, Stopped, Work, changes_settings, is_pooled, must_stand_alone,
};

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
    /// Where the tables that held rows are now: one archive for each transaction that moved some.
    pub archives: Vec<Archive>,
    /// The tables that were dropped with their rows, where that was asked for.
    pub dropped: Vec<DroppedTable>,
}

/// A migration to revert, with the script that does it.
struct Revert {
    entry: Entry,
    script: Script,
    /// Whether the ledger alone has it.
    kept: bool,
    /// Whether its `${NAME}` are replaced.
    substitute: bool,
}

impl Revert {
    /// The statements to run.
    ///
    /// Transaction control between statements that run alone was let through once, and changes nothing;
    /// where the ledger alone has the script, nobody could take it out.
    fn body(&self) -> Result<&[Statement], SourceError> {
        if self.kept && self.runs_alone() { self.script.statements() } else { self.script.body() }
    }

    fn runs_alone(&self) -> bool {
        self.script.directives.no_transaction
    }

    /// The texts of its statements.
    fn statements(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let statements = self.script.statements().unwrap_or_default();
        statements.iter().map(|statement| self.sql(statement))
    }

    /// The text of one of its statements as it is sent; that its variables are set was seen before.
    fn sql(&self, statement: &Statement) -> Cow<'_, str> {
        let sql = || self.script.sql(statement).into();
        if !self.substitute {
            return sql();
        }
        self.script.substituted(statement).unwrap_or_else(|_| sql())
    }
}

impl Migrator {
    /// Reverts migrations in the reverse of the order in which they were applied.
    ///
    /// Reverts that can run in a transaction run in one with their neighbours, all or none. A table that would be dropped
    /// while any table of the run holds rows is moved to an archive, which takes constant time.
    #[tracing::instrument(name = "migrate.down", skip_all, fields(target = %self.target))]
    pub async fn down(
        &self,
        request: &DownRequest,
        observer: Arc<dyn Observer>,
    ) -> Result<DownReport, Error> {
        let work = self.connect("down", &observer).await?;
        let entries = ledger::list_entries(&work, &self.target).await?;
        let reverts = self.reverts(entries, request)?;
        if reverts.is_empty() {
            return Ok(DownReport::default());
        }
        if !request.drop_data {
            refuse_losses_outside_transactions(&reverts)?;
        }
        // A session of its own matters to what runs outside transactions alone.
        let samples = if reverts.iter().any(Revert::runs_alone) { SAMPLES } else { 1 };
        let run = self.begin_run(work, &observer, samples).await?;
        // Others may have worked between our first look and the lock.
        let entries = ledger::list_entries(&run.work, &self.target).await?;
        let reverts = self.reverts(entries, request)?;
        let alone = reverts.iter().find(|revert| revert.runs_alone());
        if let Some(revert) = alone.filter(|_| run.pooled) {
            return Err(Error::Pooler(revert.entry.name.clone()));
        }
        let report = run.revert_all(&reverts, request.drop_data).await;
        run.finish(report).await
    }

    /// The lock and the platform's ledger, for a run that changes what is applied; it looks so often whether there is a
    /// pooler in between.
    pub(crate) async fn begin_run<'a>(
        &'a self,
        work: crate::database::Session,
        observer: &'a Arc<dyn Observer>,
        samples: usize,
    ) -> Result<Run<'a>, Error> {
        let options = &self.options;
        let platform = self.platform_to_keep(&work).await?;
        let failed = |error| Error::query("looking at the connection", &self.target, &error);
        let row = work.query_typed_one("SELECT pg_backend_pid()", &[]).await.map_err(failed)?;
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
        let pooled = is_pooled(&work, row.get(0), lock.backend, samples).await;
        ledger::create(&work, &self.target).await?;
        Ok(Run { migrator: self, work, lock, platform, observer, pooled })
    }

    /// What is to be reverted, last applied first, each with its script; or why nothing may be.
    fn reverts(&self, entries: Vec<Entry>, request: &DownRequest) -> Result<Vec<Revert>, Error> {
        let source = self.source()?;
        let ours = |entry: &Entry| {
            let file = source.find(&entry.name);
            entry.source == source.label()
                || file.is_some_and(|file| file.up.checksum.normalised.is(&entry.checksum))
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
        let has_script = |entry: &Entry| {
            entry.down_sql.is_some() || source.find(&entry.name).is_some_and(Migration::has_down)
        };
        let missing: Vec<Name> = entries
            .iter()
            .filter(|entry| !has_script(entry))
            .map(|entry| entry.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Error::MissingDown(missing));
        }
        let revert = |entry: Entry| -> Option<Result<Revert, Error>> {
            let script = down_script(source, &entry).transpose()?;
            Some(script.map_err(Error::from).and_then(|script| {
                self.require_variables(&script)?;
                let kept = !source.find(&entry.name).is_some_and(Migration::has_down);
                let substitute = self.options.substitute;
                let revert = Revert { entry, script, kept, substitute };
                revert.body()?;
                Ok(revert)
            }))
        };
        entries.into_iter().filter_map(revert).collect()
    }
}

/// The script of the set, which may have been mended since, else the one kept in the ledger.
fn down_script(source: &Source, entry: &Entry) -> Result<Option<Script>, SourceError> {
    if let Some(migration) = source.find(&entry.name)
        && let Some(script) = migration.down()?
    {
        return Ok(Some(script.clone()));
    }
    let file = format!("{}.down.sql (kept in the ledger)", entry.name);
    entry.down_sql.clone().map(|text| Script::from_text(file, text)).transpose()
}

/// A table cannot be moved aside together with its ledger row where each statement stands alone.
fn refuse_losses_outside_transactions(reverts: &[Revert]) -> Result<(), Error> {
    for revert in reverts.iter().filter(|revert| revert.runs_alone()) {
        for statement in revert.body()? {
            let sql = revert.sql(statement);
            let (does, where_) = if Destruction::read(&sql).is_some() {
                ("takes data away", "where nothing can be moved aside")
            } else if words(&sql).next().is_some_and(|word| word.is("call")) {
                ("calls a procedure", "where what it takes away is not seen in time")
            } else {
                continue;
            };
            return Err(Error::WouldDestroy(format!(
                "{}:{} {does} in a script marked no-transaction, {where_}; give the statement a \
                 transactional down script",
                revert.script.file, statement.position
            )));
        }
    }
    Ok(())
}

impl Run<'_> {
    async fn revert_all(&self, reverts: &[Revert], drop_data: bool) -> Result<DownReport, Error> {
        let mut report = DownReport::default();
        let work = self.work();
        // A script that runs alone runs in its turn, between the transactions of those around it.
        for group in reverts.chunk_by(|one, next| !one.runs_alone() && !next.runs_alone()) {
            let Some(first) = group.first() else { continue };
            let done = if first.runs_alone() {
                let done = self.revert_alone(&work, first, drop_data).await;
                done.map(|dropped| (None, dropped)).map_err(Error::stepwise)
            } else {
                let suspects = Suspects::default();
                let attempt = || self.attempt_reverts(&work, group, drop_data, &suspects);
                let attempt = || suspects.looked_at(&self.work, attempt);
                work.within_budget(&first.entry.name, attempt).await
            };
            match done {
                Ok((archive, dropped)) => {
                    report.archives.extend(archive);
                    report.dropped.extend(dropped);
                }
                Err(error) => {
                    ledger::note_failure(&self.work, &first.entry.name, "down", None, &error).await;
                    return Err(error);
                }
            }
            report.reverted.extend(group.iter().map(|revert| revert.entry.name.clone()));
        }
        Ok(report)
    }

    /// Reverts `group` in one transaction.
    async fn attempt_reverts(
        &self,
        work: &Work<'_>,
        group: &[Revert],
        drop_data: bool,
        suspects: &Suspects,
    ) -> Result<(Option<Archive>, Vec<DroppedTable>), Stopped> {
        let first = &group[0].entry.name;
        let backend = work.begin(first).await?;
        let mut archive = None;
        let mut guard = None;
        let mut doomed = Doomed::default();
        if drop_data {
            let statements = group.iter().flat_map(Revert::statements);
            doomed = self.count_doomed(work, backend, first, statements).await?;
        } else {
            let stopped =
                |error: tokio_postgres::Error| work.stopped(first, "moving tables", &error);
            self.work.batch_execute(SEE_ALL_ROWS).await.map_err(stopped)?;
            let before = Live::read(&self.work).await.map_err(stopped)?;
            let tables =
                archive::find_tables(&self.work, &dropped_tables(group)).await.map_err(stopped)?;
            archive::lock_tables(work, backend, &tables).await.map_err(stopped)?;
            let label = self.migrator.source()?.label();
            let mut examined = Examined::tables(&tables);
            let look = (&before, suspects);
            self.look_at_suspects(work, backend, look, &mut examined).await?;
            archive = self.set_aside(label, group, &tables).await.map_err(stopped)?;
            self.refuse_other_losses(work, backend, group, &mut examined).await?;
            guard = Some((before, examined));
        }
        for revert in group {
            let name = &revert.entry.name;
            let began = self.reverting(name);
            self.run_down(work, revert, backend, archive.as_mut()).await?;
            self.forget(work, name, began).await?;
            self.reverted(name, began);
        }
        if let Some(archive) = &archive {
            let stopped = |error| work.stopped(first, "recording the archive", &error);
            companions::record(&self.work, archive).await.map_err(stopped)?;
        }
        if let Some((before, examined)) = &guard {
            // A script may have reset it.
            let stopped = |error| work.stopped(first, "looking for lost data", &error);
            self.work.batch_execute(SEE_ALL_ROWS).await.map_err(stopped)?;
            self.refuse_hidden_losses(before, examined, suspects).await?;
        }
        let dropped = self.dropped(work, first, doomed).await?;
        work.commit(first).await?;
        Ok((archive, dropped))
    }

    /// Moves the locked `tables` that the group would drop aside, if any of them holds rows.
    async fn set_aside(
        &self,
        source: &str,
        group: &[Revert],
        tables: &[LiveTable],
    ) -> Result<Option<Archive>, tokio_postgres::Error> {
        let mut holding = false;
        for table in tables {
            holding |= archive::holds_rows(&self.work, table).await?;
        }
        if !holding {
            return Ok(None);
        }
        let name = archive::new_name(&self.work).await?;
        let moved = archive::move_aside(&self.work, &name, tables).await?;
        for dependant in archive::left_behind(&self.work, tables).await? {
            let message = format!("{dependant}, and goes on doing so in the archive");
            self.observer.event(&Event::Warning { message: &message });
        }
        let entries: Vec<Entry> = group.iter().rev().map(|revert| revert.entry.clone()).collect();
        let created_at =
            archive::insert_archive(&self.work, &name, source, &moved, &entries).await?;
        Ok(Some(Archive {
            name,
            source: source.to_owned(),
            created_at,
            restored_at: None,
            tables: moved,
            objects: Vec::new(),
            statements: Vec::new(),
            migrations: entries.into_iter().map(|entry| entry.name).collect(),
            gone: None,
        }))
    }

    /// Takes a migration out of both ledgers, in the open transaction.
    async fn forget(&self, work: &Work<'_>, name: &Name, began: Instant) -> Result<(), Stopped> {
        let stopped = |error| work.stopped(name, "writing the ledger", &error);
        delete_entry(&self.work, name).await.map_err(stopped)?;
        let done = Note { elapsed: Some(began.elapsed()), ..Note::done(name, "down") };
        note(&self.work, &done).await.map_err(stopped)?;
        if let Some(platform) = &self.platform {
            let told = |error| work.stopped(name, WRITING, &error);
            platform.forget(&self.work, name).await.map_err(told)?;
        }
        Ok(())
    }

    /// A revert that cannot run in a transaction: statement by statement, from where an earlier run stopped.
    async fn revert_alone(
        &self,
        work: &Work<'_>,
        revert: &Revert,
        drop_data: bool,
    ) -> Result<Vec<DroppedTable>, Error> {
        let name = &revert.entry.name;
        let began = self.reverting(name);
        let statements = revert.body()?;
        let (done_before, was_killed) = self.come_so_far(name, statements.len()).await?;
        self.set_again(work, &revert.script, &statements[..done_before]).await?;
        let runnable = Runnable { name, script: &revert.script };
        let mut dropped = Vec::new();
        for place in statements.iter().enumerate().skip(done_before) {
            let of = statements.len();
            let sql = revert.sql(place.1);
            let was_killed = was_killed && place.0 == done_before;
            self.begin_statement(work, name, (place.0 + 1, of)).await?;
            if must_stand_alone(&sql) {
                work.wait_for_orphan(name, &sql).await?;
                let attempt = || work.run_alone(runnable, place, of);
                let done = work.within_budget(name, attempt).await;
                self.unless_gone(done, was_killed, &sql)?;
            } else {
                let suspects = Suspects::default();
                let guard = (!drop_data).then_some(&suspects);
                let attempt = || self.revert_statement(work, revert, (place, of), guard);
                let attempt = || suspects.looked_at(&self.work, attempt);
                let done = work.within_budget(name, attempt).await;
                dropped.extend(self.unless_gone(done, was_killed, &sql)?);
            }
        }
        let resets = changes_settings(&revert.script, statements);
        let attempt = || async {
            work.begin(name).await?;
            if resets {
                work.reset(name).await?;
            }
            self.forget(work, name, began).await?;
            work.commit(name).await
        };
        work.within_budget(name, attempt).await?;
        self.reverted(name, began);
        Ok(dropped)
    }

    /// How many statements of such a revert an earlier run finished, and whether it did not live to say how the next
    /// one ended.
    async fn come_so_far(&self, name: &Name, of: usize) -> Result<(usize, bool), Error> {
        let history =
            ledger::list_history(&self.work, &self.migrator.target, Some(name), 100).await?;
        let mut stopped =
            history.iter().take_while(|act| act.direction == "down" && act.state != "done");
        let was_killed = stopped.clone().next().is_some_and(|last| last.state == "running");
        let begun = stopped.find(|act| act.statement.is_some());
        let begun = begun.filter(|act| act.of == i32::try_from(of).ok());
        let done = begun.and_then(|act| usize::try_from(act.statement? - 1).ok()).unwrap_or(0);
        Ok((done, was_killed))
    }

    /// Says in the ledger which statement begins.
    async fn begin_statement(
        &self,
        work: &Work<'_>,
        name: &Name,
        place: (usize, usize),
    ) -> Result<(), Error> {
        let running = Note { state: "running", statement: Some(place), ..Note::done(name, "down") };
        let stopped = |error| work.stopped(name, "writing the ledger", &error);
        let write = |_| async { note(&self.work, &running).await.map_err(stopped) };
        work.in_transaction(name, write).await
    }

    /// Passes over a DROP of what is not there where a run was killed in that very statement: it was dropped then.
    fn unless_gone<T: Default>(
        &self,
        done: Result<T, Error>,
        was_killed: bool,
        sql: &str,
    ) -> Result<T, Error> {
        match done {
            Err(Error::Statement(failure))
                if was_killed
                    && matches!(failure.code.as_str(), "42704" | "42P01")
                    && words(sql).next().is_some_and(|word| word.is("drop")) =>
            {
                let message = format!(
                    "{}: passed over, as an earlier run of this revert dropped it",
                    failure.message
                );
                self.observer.event(&Event::Warning { message: &message });
                Ok(T::default())
            }
            done => done,
        }
    }

    /// One statement of such a revert in a transaction, so that what it takes away is seen in time.
    async fn revert_statement(
        &self,
        work: &Work<'_>,
        revert: &Revert,
        (place, of): ((usize, &Statement), usize),
        guard: Option<&Suspects>,
    ) -> Result<Vec<DroppedTable>, Stopped> {
        let runnable = Runnable { name: &revert.entry.name, script: &revert.script };
        let stopped = |error| work.stopped(runnable.name, "looking at the tables", &error);
        let backend = work.begin(runnable.name).await?;
        let mut doomed = Doomed::default();
        if guard.is_none() {
            let sql = revert.sql(place.1);
            doomed = self.count_doomed(work, backend, runnable.name, [sql]).await?;
        }
        let before = Live::read(&self.work).await.map_err(stopped)?;
        let mut examined = Examined::default();
        if let Some(suspects) = guard {
            self.look_at_suspects(work, backend, (&before, suspects), &mut examined).await?;
        }
        work.run_one(runnable, place, of, backend).await?;
        if let Some(suspects) = guard {
            self.refuse_hidden_losses(&before, &examined, suspects).await?;
        }
        let dropped = self.dropped(work, runnable.name, doomed).await?;
        work.commit(runnable.name).await?;
        Ok(dropped)
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
