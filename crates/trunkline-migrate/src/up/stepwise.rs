//! No-transaction migrations: statement by statement, each recorded, resumed at the one that failed.

use super::Run;
use super::alone::must_stand_alone;
use super::concurrent_index::ConcurrentIndex;
use super::execute::{RESET, Runnable, Stopped, Work, changes_settings};
use crate::error::Error;
use crate::event::Event;
use crate::ledger::{self, Entry, Note, Origin, State, StepNote, advance_entry, note, put_entry};
use crate::platform::WRITING;
use crate::source::checksum::normalise;
use crate::source::{Migration, Script};
use crate::sql::{self, Statement, words};

impl Run<'_> {
    pub(super) async fn apply_stepwise(&self, migration: &Migration) -> Result<(), Error> {
        let statements = migration.up.body()?;
        let begin_at = self.resume_point(migration, statements).await?;
        let left_running = self.left_running(migration, begin_at).await?;
        let work = self.work();
        self.begin_ledger_row(&work, migration, begin_at).await?;
        self.set_again(&work, &migration.up, &statements[..begin_at]).await?;
        let mut announced = false;
        for (index, statement) in statements.iter().enumerate().skip(begin_at) {
            let was_killed = index == begin_at && left_running;
            let step = Step { work: &work, migration, statements, index, was_killed };
            match step.run(statement, announced).await {
                Ok(next_is_announced) => announced = next_is_announced,
                // Who only waited for what a killed run left has nothing to say of it.
                Err(error @ Error::Interrupted { .. }) if was_killed => return Err(error),
                Err(error) => {
                    let place = Some((index + 1, statements.len()));
                    ledger::note_failure(&self.work, &migration.name, "up", place, &error).await;
                    return Err(error.stepwise());
                }
            }
        }
        if changes_settings(&migration.up, statements) {
            self.query("resetting settings", RESET).await?;
        }
        self.complete(&work, migration).await
    }

    async fn begin_ledger_row(
        &self,
        work: &Work<'_>,
        migration: &Migration,
        done: usize,
    ) -> Result<(), Error> {
        let name = &migration.name;
        let entry = Entry::partial(self.migrator.source()?.label(), migration, done)?;
        let write = |_| async {
            let stopped = |error| work.stopped(name, "writing the ledger", &error);
            put_entry(&self.work, &entry).await.map_err(stopped)
        };
        work.in_transaction(name, write).await
    }

    /// Settings that finished statements made, or took back, for the session, which was another one.
    pub(crate) async fn set_again(
        &self,
        work: &Work<'_>,
        script: &Script,
        done: &[Statement],
    ) -> Result<(), Error> {
        for statement in done {
            let sql = work.text(script, statement)?;
            if sets_for_session(&sql) {
                self.query("setting again what the finished part had set", &sql).await?;
            }
        }
        Ok(())
    }

    async fn query(&self, doing: &'static str, sql: &str) -> Result<(), Error> {
        let failed = |error| Error::query(doing, &self.migrator.target, &error);
        self.work.batch_execute(sql).await.map_err(failed)
    }

    /// How many statements an earlier run finished, if what it finished is still what the file says.
    async fn resume_point(
        &self,
        migration: &Migration,
        statements: &[Statement],
    ) -> Result<usize, Error> {
        let entries = ledger::list_entries(&self.work, &self.migrator.target).await?;
        let Some(entry) = entries.into_iter().find(|entry| entry.name == migration.name) else {
            return Ok(0);
        };
        let done = usize::try_from(entry.statements_done.unwrap_or(0)).unwrap_or(0);
        let before = sql::split(&entry.up_sql).unwrap_or_default();
        let same = before.len() >= done
            && statements.len() >= done
            && before.iter().zip(statements).take(done).all(|(before, now)| {
                normalise(&entry.up_sql[before.range.clone()])
                    == normalise(&migration.up.text[now.range.clone()])
            });
        if same {
            return Ok(done);
        }
        Err(Error::ChangedHalfWay { migration: migration.name.clone(), done, of: before.len() })
    }

    /// Whether a run began the statement after the first `done` and did not live to say how it ended.
    async fn left_running(&self, migration: &Migration, done: usize) -> Result<bool, Error> {
        let (target, name) = (&self.migrator.target, Some(&migration.name));
        let history = ledger::list_history(&self.work, target, name, 100).await?;
        let last = history.iter().find(|entry| entry.direction == "up");
        Ok(last.is_some_and(|last| {
            last.state == "running" && last.statement == i32::try_from(done + 1).ok()
        }))
    }

    async fn complete(&self, work: &Work<'_>, migration: &Migration) -> Result<(), Error> {
        let name = &migration.name;
        let entry = Entry {
            state: State::Applied,
            statements_done: None,
            origin: Origin::Run,
            ..Entry::partial(self.migrator.source()?.label(), migration, 0)?
        };
        let write = |_| async {
            let stopped = |error| work.stopped(name, "writing the ledger", &error);
            put_entry(&self.work, &entry).await.map_err(stopped)?;
            let checksum = Some(entry.checksum.as_str());
            let done = Note { checksum, ..Note::done(name, "up") };
            note(&self.work, &done).await.map_err(stopped)?;
            if let Some(platform) = &self.platform {
                let told = |error| work.stopped(name, WRITING, &error);
                if !platform.claim(&self.work, migration).await.map_err(told)? {
                    let message = format!(
                        "the platform's own runner applied {name} too, while it ran here: see whether what it does \
                         may be done twice"
                    );
                    self.observer.event(&Event::Warning { message: &message });
                }
            }
            Ok(())
        };
        work.in_transaction(name, write).await
    }
}

/// Whether a statement says how the session goes on: by its key word, or as `pg_dump` does.
fn sets_for_session(sql: &str) -> bool {
    let first = words(sql).next();
    let begins_with = |word: &str| first.as_ref().is_some_and(|first| first.is(word));
    ["set", "reset", "discard"].into_iter().any(begins_with)
        || begins_with("select") && words(sql).any(|word| word.is("set_config"))
}

/// One statement of a no-transaction migration.
struct Step<'a> {
    work: &'a Work<'a>,
    migration: &'a Migration,
    /// All of the migration.
    statements: &'a [Statement],
    index: usize,
    /// Whether an earlier run began it and did not live to say how it ended.
    was_killed: bool,
}

impl Step<'_> {
    /// Runs it, unless it is `announced` after saying so in the ledger; whether the next one is announced then.
    async fn run(&self, statement: &Statement, announced: bool) -> Result<bool, Error> {
        let name = &self.migration.name;
        let sql = self.work.text(&self.migration.up, statement)?;
        if !must_stand_alone(&sql) {
            return self.run_in_transaction(statement).await.map(|()| false);
        }
        let number = self.index + 1;
        if self.was_killed {
            self.work.wait_for_orphan(name, &sql).await?;
        }
        if !announced {
            self.record(self.index, &[("running", number)]).await?;
        }
        let index = ConcurrentIndex::read(&sql);
        let attempt = || async {
            let Some(index) = &index else { return self.run_alone(statement).await };
            // What an attempt leaves behind, a deadlock for example, is in the way of the next one.
            if index.prepare(self.work, name, self.was_killed).await? {
                self.run_alone(statement).await?;
                index.assert_valid(self.work, name).await?;
            }
            Ok(())
        };
        self.work.within_budget(name, attempt).await?;
        let announces = match self.statements.get(number) {
            Some(next) => must_stand_alone(&self.work.text(&self.migration.up, next)?),
            None => false,
        };
        let notes = [("done", number), ("running", number + 1)];
        self.record(number, if announces { &notes } else { &notes[..1] }).await?;
        Ok(announces)
    }

    /// The statement and its ledger row in one transaction, so that neither is without the other.
    async fn run_in_transaction(&self, statement: &Statement) -> Result<(), Error> {
        let number = self.index + 1;
        let write = |backend| async move {
            let place = (self.index, statement);
            self.work.run_one(self.runnable(), place, self.statements.len(), backend).await?;
            self.write(number, &[("done", number)]).await
        };
        self.work.in_transaction(&self.migration.name, write).await
    }

    fn runnable(&self) -> Runnable<'_> {
        Runnable { name: &self.migration.name, script: &self.migration.up }
    }

    async fn run_alone(&self, statement: &Statement) -> Result<(), Stopped> {
        let place = (self.index, statement);
        match self.work.run_alone(self.runnable(), place, self.statements.len()).await {
            // An earlier run dropped it, and was killed before it could say so.
            Err(Stopped::Failed(Error::Statement(failure)))
                if self.was_killed && failure.code == "42704" =>
            {
                Ok(())
            }
            done => done,
        }
    }

    /// Writes how far the migration is, in a transaction of its own.
    async fn record(&self, done: usize, notes: &[StepNote]) -> Result<(), Error> {
        self.work.in_transaction(&self.migration.name, |_| self.write(done, notes)).await
    }

    async fn write(&self, done: usize, notes: &[StepNote]) -> Result<(), Stopped> {
        let (name, of) = (&self.migration.name, self.statements.len());
        let stopped = |error| self.work.stopped(name, "writing the ledger", &error);
        advance_entry(self.work.session, name, done, notes, of).await.map_err(stopped)
    }
}
