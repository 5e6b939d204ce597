//! No-transaction migrations: statement by statement, each recorded, resumed at the one that failed.

use std::time::Instant;

use super::Run;
use super::concurrent_index::ConcurrentIndex;
use super::execute::{RESET, Runnable, Stopped, Work, changes_settings, keep_out_of_ledger};
use crate::error::Error;
use crate::ledger::{self, Entry, Note, Origin, State, note, put_entry};
use crate::platform::WRITING;
use crate::source::Migration;
use crate::sql::{self, Statement, words};

impl Run<'_> {
    pub(super) async fn apply_stepwise(&self, migration: &Migration) -> Result<(), Error> {
        let statements = migration.up.body()?;
        let begin_at = self.resume_point(migration, statements).await?;
        let work = self.work();
        self.set_again(migration, &statements[..begin_at]).await?;
        for (index, statement) in statements.iter().enumerate().skip(begin_at) {
            let step = Step { run: self, work: &work, migration, statement, index };
            if let Err(error) = step.run(statements.len()).await {
                let place = Some((index + 1, statements.len()));
                ledger::note_failure(&self.work, &migration.name, "up", place, &error).await;
                return Err(error);
            }
        }
        if changes_settings(&migration.up, statements) {
            self.query("resetting settings", RESET).await?;
        }
        self.complete(&work, migration).await
    }

    /// Settings that finished statements made for the session, which was another one.
    async fn set_again(&self, migration: &Migration, done: &[Statement]) -> Result<(), Error> {
        let sets = |sql: &&str| words(sql).next().is_some_and(|word| word.is("set"));
        for sql in done.iter().map(|statement| migration.up.sql(statement)).filter(sets) {
            self.query("setting again what the finished part had set", sql).await?;
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
                entry.up_sql[before.range.clone()] == migration.up.text[now.range.clone()]
            });
        if same { Ok(done) } else { Err(Error::Changed(vec![migration.name.clone()])) }
    }

    async fn complete(&self, work: &Work<'_>, migration: &Migration) -> Result<(), Error> {
        let name = &migration.name;
        let attempt = || async {
            let stopped = |error| work.stopped(name, "writing the ledger", &error);
            work.begin(name).await?;
            let source = self.migrator.source.label();
            let entry = Entry {
                state: State::Applied,
                statements_done: None,
                origin: Origin::Run,
                ..Entry::partial(source, migration, 0)
            };
            put_entry(&self.work, &entry).await.map_err(stopped)?;
            let checksum = Some(migration.up.checksum.normalised.as_str());
            let done = Note { checksum, ..Note::done(name, "up") };
            note(&self.work, &done).await.map_err(stopped)?;
            if let Some(platform) = &self.platform {
                let told = |error| work.stopped(name, WRITING, &error);
                platform.claim(&self.work, migration).await.map_err(told)?;
            }
            work.commit(name).await
        };
        work.within_budget(name, attempt).await
    }
}

/// One statement of a no-transaction migration.
struct Step<'a> {
    run: &'a Run<'a>,
    work: &'a Work<'a>,
    migration: &'a Migration,
    statement: &'a Statement,
    index: usize,
}

impl Step<'_> {
    async fn run(&self, of: usize) -> Result<(), Error> {
        let sql = self.migration.up.sql(self.statement);
        let index = ConcurrentIndex::read(sql);
        if index.is_none() && !must_stand_alone(sql) {
            return self.run_in_transaction(of).await;
        }
        self.wait_for_orphan(sql).await?;
        self.record(self.index, "running", of).await?;
        match index {
            None => self.run_alone(of).await?,
            Some(index) => {
                if index.prepare(self.work, &self.migration.name).await? {
                    self.run_alone(of).await?;
                    index.assert_valid(self.work, &self.migration.name).await?;
                }
            }
        }
        self.record(self.index + 1, "done", of).await
    }

    /// The statement and its ledger row in one transaction, so that neither is without the other.
    async fn run_in_transaction(&self, of: usize) -> Result<(), Error> {
        let name = &self.migration.name;
        let attempt = || async {
            let backend = self.work.begin(name).await?;
            self.run_statement(of, backend).await?;
            self.write(self.index + 1, "done", of).await?;
            self.work.commit(name).await
        };
        self.work.within_budget(name, attempt).await
    }

    /// The statement by itself. CONCURRENTLY waits for old transactions by their locks and stops no
    /// one meanwhile, so it has no lock timeout; everything else keeps the budget.
    async fn run_alone(&self, of: usize) -> Result<(), Error> {
        let sql = self.migration.up.sql(self.statement);
        let timeout = if words(sql).any(|word| word.is("concurrently")) {
            0
        } else {
            self.work.options.lock_timeout.as_millis()
        };
        let name = &self.migration.name;
        let attempt = || async {
            let session = self.work.session;
            // From PostgreSQL 14 on the server notices a client that died and stops the statement.
            let prepare = format!(
                "SET lock_timeout = {timeout}; SET statement_timeout = 0; {search_path}; \
                 SELECT set_config(name, '1s', false) FROM pg_settings \
                 WHERE name = 'client_connection_check_interval'",
                search_path = keep_out_of_ledger(false),
            );
            let stopped = |error| self.work.stopped(name, "preparing a statement", &error);
            session.batch_execute(&prepare).await.map_err(stopped)?;
            let row =
                session.query_typed_one("SELECT pg_backend_pid()", &[]).await.map_err(stopped)?;
            let done = self.run_statement(of, row.get(0)).await;
            // The connection goes on to other statements, which have timeouts of their own.
            let _ = session.batch_execute("RESET lock_timeout; RESET statement_timeout").await;
            done
        };
        self.work.within_budget(name, attempt).await
    }

    async fn run_statement(&self, of: usize, backend: i32) -> Result<(), Stopped> {
        let runnable = Runnable { name: &self.migration.name, script: &self.migration.up };
        self.work.run_one(runnable, (self.index, self.statement), of, backend).await
    }

    /// Writes how far the migration is, in a transaction of its own.
    async fn record(&self, done: usize, state: &'static str, of: usize) -> Result<(), Error> {
        let name = &self.migration.name;
        let attempt = || async {
            self.work.begin(name).await?;
            self.write(done, state, of).await?;
            self.work.commit(name).await
        };
        self.work.within_budget(name, attempt).await
    }

    async fn write(&self, done: usize, state: &'static str, of: usize) -> Result<(), Stopped> {
        let name = &self.migration.name;
        let stopped = |error| self.work.stopped(name, "writing the ledger", &error);
        let entry = Entry::partial(self.run.migrator.source.label(), self.migration, done);
        put_entry(self.work.session, &entry).await.map_err(stopped)?;
        let statement = Some((self.index + 1, of));
        let step = Note { state, statement, ..Note::done(name, "up") };
        note(self.work.session, &step).await.map_err(stopped)
    }

    /// Waits until the same statement, left running at the server by a killed runner, is over.
    async fn wait_for_orphan(&self, sql: &str) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            let rows = self
                .work
                .session
                .query_typed(
                    "SELECT pid FROM pg_stat_activity \
                     WHERE datname = current_database() AND state = 'active' AND query = $1 \
                       AND pid <> pg_backend_pid()",
                    &[(&sql, tokio_postgres::types::Type::TEXT)],
                )
                .await
                .map_err(|error| {
                    Error::query("looking for an orphan", &self.run.migrator.target, &error)
                })?;
            let Some(row) = rows.first() else { return Ok(()) };
            let pid: i32 = row.get(0);
            if began.elapsed() < std::time::Duration::from_millis(200) {
                let message = format!(
                    "an earlier run was killed, and backend {pid} still runs its statement; waiting for it"
                );
                self.work.observer.event(&crate::event::Event::Warning { message: &message });
            }
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_millis(250)) => {}
                () = self.work.options.interrupt.requested() => {
                    return Err(super::execute::interrupted(&self.migration.name));
                }
            }
        }
    }
}

/// Whether PostgreSQL refuses the statement inside a transaction.
fn must_stand_alone(sql: &str) -> bool {
    let words: Vec<String> =
        words(sql).take(3).map(|word| word.text.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let opening = matches!(
        words.as_slice(),
        ["vacuum" | "cluster" | "call" | "reindex", ..]
            | ["create" | "drop", "database" | "tablespace" | "subscription", ..]
            | ["alter", "system" | "type", ..]
    );
    opening || sql::words(sql).any(|word| word.is("concurrently"))
}
