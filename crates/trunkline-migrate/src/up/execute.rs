//! Sending statements, watching what they wait for, and stopping them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, future};
use tokio_postgres::error::SqlState;

use crate::database::Session;
use crate::error::{Error, StatementFailure, ends_connection};
use crate::event::{Blocker, Event, Observer};
use crate::lock::{RunLock, WORK_KEY, holder, no_transaction_timeout};
use crate::options::Options;
use crate::source::{Name, Script, SourceError};
use crate::sql::{Statement, Word, words};

/// How often a statement that takes its time is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(400);

/// How often it is looked which process answers, before a session is trusted to have one of its own.
pub(crate) const SAMPLES: usize = 20;

const CANCEL_AGAIN: Duration = Duration::from_millis(300);

/// A statement on its way to the server.
type Sent<'a, T = ()> = Pin<Box<dyn Future<Output = Result<T, tokio_postgres::Error>> + Send + 'a>>;

/// A script under the name of its migration.
#[derive(Clone, Copy)]
pub(crate) struct Runnable<'a> {
    pub name: &'a Name,
    pub script: &'a Script,
}

/// The connection that works, and what watches over it.
pub(crate) struct Work<'a> {
    pub session: &'a Session,
    pub lock: &'a RunLock,
    pub observer: &'a dyn Observer,
    pub options: &'a Options,
    /// Who was last seen in the way.
    blockers: Mutex<Vec<Blocker>>,
    /// The server process behind the first transaction; 0: there was none yet.
    first_backend: AtomicI32,
}

/// Why a transaction did not get through.
pub(crate) enum Stopped {
    /// A lock was not to be had; the transaction may be tried again.
    Busy,
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<SourceError> for Stopped {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.into())
    }
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        session: &'a Session,
        lock: &'a RunLock,
        observer: &'a dyn Observer,
        options: &'a Options,
    ) -> Self {
        let (blockers, first_backend) = (Mutex::default(), AtomicI32::new(0));
        Self { session, lock, observer, options, blockers, first_backend }
    }

    /// Runs a transaction until it gets through, within the lock budget.
    ///
    /// `attempt` opens the transaction and commits it; whatever it leaves open is rolled back.
    // Not an AsyncFnMut: with one, no caller could spawn the future of a run.
    pub(crate) async fn within_budget<T, F>(
        &self,
        migration: &Name,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Stopped>>,
    {
        let began = Instant::now();
        let mut number = 1;
        loop {
            let stopped = match attempt().await {
                Ok(done) => return Ok(done),
                Err(stopped) => stopped,
            };
            // A connection that is gone has rolled back already.
            let _ = self.session.batch_execute("ROLLBACK").await;
            if let Stopped::Failed(mut error) = stopped {
                if let Error::Statement(failure) = &mut error {
                    crate::suggest::advise(self.session, failure).await;
                }
                return Err(error);
            }
            let waited = began.elapsed();
            let pause = pause_before(number);
            if waited + pause >= self.options.lock_budget {
                let blockers = std::mem::take(&mut *self.seen());
                return Err(Error::Busy {
                    migration: migration.clone(),
                    waited,
                    blockers,
                    stepwise: false,
                });
            }
            number += 1;
            self.observer.event(&Event::Retrying { migration, attempt: number, pause });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.options.interrupt.requested() => return Err(interrupted(migration)),
            }
        }
    }

    /// What `write` does, in a transaction of its own; it gets the server process behind it.
    pub(crate) async fn in_transaction<F>(
        &self,
        migration: &Name,
        write: impl Fn(i32) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Stopped>>,
    {
        let attempt = || async {
            let backend = self.begin(migration).await?;
            write(backend).await?;
            self.commit(migration).await
        };
        self.within_budget(migration, attempt).await
    }

    /// Opens a transaction with the lock budget and returns the server process behind it.
    ///
    /// At any other isolation level rows that others commit while a lock is waited for would not be seen, and be dropped.
    /// The work lock makes a new runner wait for the orphaned transaction of one that was killed.
    pub(crate) async fn begin(&self, migration: &Name) -> Result<i32, Stopped> {
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_backend_pid(), pg_try_advisory_xact_lock({WORK_KEY}), {settings}",
            settings = self.settings(),
        );
        let row = self
            .session
            .simple_row(&begin)
            .await
            .map_err(|error| self.stopped(migration, "opening a transaction", &error))?;
        let backend = row.as_ref().and_then(|row| row.get(0)?.parse().ok()).unwrap_or_default();
        self.know_backend(backend);
        if row.as_ref().and_then(|row| row.get(1)) == Some("f") {
            self.outlast_orphan(backend)
                .await
                .map_err(|error| self.stopped(migration, "waiting for an earlier run", &error))?;
        }
        Ok(backend)
    }

    /// Remembers the first server process.
    pub(super) fn know_backend(&self, backend: i32) {
        let _ = self.first_backend.compare_exchange(0, backend, Relaxed, Relaxed);
    }

    /// The server process behind the first transaction, if there was one.
    pub(super) fn known_backend(&self) -> Option<i32> {
        Some(self.first_backend.load(Relaxed)).filter(|backend| *backend != 0)
    }

    /// Waits for the transaction that a killed runner left at the server, and names it.
    async fn outlast_orphan(&self, backend: i32) -> Result<(), tokio_postgres::Error> {
        let orphan = holder(self.session, WORK_KEY).await?;
        if !self.seen().iter().any(|blocker| blocker.pid == orphan.pid) {
            let message = format!(
                "a runner that was killed left its transaction at the server: {orphan}; waiting for \
                 its end, which comes sooner by SELECT pg_terminate_backend({})",
                orphan.pid
            );
            self.observer.event(&Event::Warning { message: &message });
        }
        let lock = format!("SELECT pg_advisory_xact_lock({WORK_KEY})");
        self.watch(backend, self.session.batch_execute(&lock)).await
    }

    /// What a transaction of ours begins with, to be selected: one statement for the server, not six.
    ///
    /// The server need not flush each commit: it keeps their order, ledger rows and all, so what a
    /// crash of it leaves is a run that ended a moment earlier. `Run::finish` flushes the last one.
    fn settings(&self) -> String {
        format!(
            "set_config('lock_timeout', '{timeout}', true), \
             set_config('statement_timeout', '0', true), \
             set_config('synchronous_commit', 'off', true), \
             set_config('idle_in_transaction_session_timeout', '0', true), {no_timeout}, \
             set_config('standard_conforming_strings', 'on', true), {search_path}",
            search_path = keep_out_of_ledger(true),
            no_timeout = no_transaction_timeout(true),
            timeout = self.options.lock_timeout.as_millis(),
        )
    }

    /// Commits, unless the run lock was lost meanwhile.
    pub(crate) async fn commit(&self, migration: &Name) -> Result<(), Stopped> {
        self.require_lock(migration)?;
        self.session
            .batch_execute("COMMIT")
            .await
            .map_err(|error| self.stopped(migration, "committing", &error))
    }

    /// Commits, and opens the transaction of `next`, if there is one, without waiting in between; returns
    /// the server process behind that one, or nothing where it could not be opened yet.
    pub(crate) async fn commit_and_begin(
        &self,
        migration: &Name,
        next: Option<&Name>,
    ) -> Result<Option<i32>, Stopped> {
        let Some(next) = next else { return self.commit(migration).await.map(|()| None) };
        self.require_lock(migration)?;
        let (committed, opened) =
            future::join(self.session.batch_execute("COMMIT"), self.begin(next)).await;
        committed.map_err(|error| self.stopped(migration, "committing", &error))?;
        if opened.is_err() {
            // What stopped it is told when it is tried again.
            let _ = self.session.batch_execute("ROLLBACK").await;
        }
        Ok(opened.ok())
    }

    fn require_lock(&self, migration: &Name) -> Result<(), Stopped> {
        if self.lock.is_lost() {
            return Err(Stopped::Failed(Error::ConnectionLost {
                target: self.session.target().to_string(),
                migration: Some(migration.clone()),
                reason: "the connection that holds the migration lock ended".to_owned(),
            }));
        }
        Ok(())
    }

    /// Runs `statements` of the script in order, in the open transaction of `backend`.
    ///
    /// They are sent ahead without waiting for each answer, which saves a round trip each; the server
    /// skips all that follow a failure. COPY asks for its rows, so it goes by itself. `record`, one
    /// more query, is sent ahead like a last statement, unless settings must be put right before it;
    /// its answer is returned.
    pub(crate) async fn run_all<T: Send + 'static>(
        &self,
        runnable: Runnable<'_>,
        statements: &[Statement],
        backend: i32,
        record: impl Future<Output = Result<T, tokio_postgres::Error>> + Send,
    ) -> Result<Result<T, tokio_postgres::Error>, Stopped> {
        let mut record: Sent<'_, T> = Box::pin(record);
        let resets = changes_settings(runnable.script, statements);
        let of = statements.len();
        let mut index = 0;
        let mut groups = statements
            .chunk_by(|one, next| one.copy_data.is_none() && next.copy_data.is_none())
            .peekable();
        while let Some(group) = groups.next() {
            let mut ahead = VecDeque::new();
            for statement in group {
                ahead.push_back(self.send(runnable.script, statement).await?);
            }
            let copies = group.iter().any(|statement| statement.copy_data.is_some());
            if groups.peek().is_none() && !copies && !resets {
                record = begun(record).await;
            }
            for statement in group {
                let Some(sent) = ahead.pop_front() else { break };
                if let Err(error) =
                    self.answer(runnable, (index, statement), of, sent, backend).await
                {
                    // The server answers what was sent ahead with failures of its own.
                    for skipped in ahead {
                        let _ = skipped.await;
                    }
                    return Err(self.statement_stopped(runnable, (index, statement), of, &error));
                }
                index += 1;
            }
        }
        if resets {
            self.reset(runnable.name).await?;
        }
        Ok(record.await)
    }

    /// Takes back what a script set, and sets again what our transactions begin with.
    pub(crate) async fn reset(&self, migration: &Name) -> Result<(), Stopped> {
        let reset = format!("{RESET}; SELECT {}", self.settings());
        let stopped = |error| self.stopped(migration, "resetting its settings", &error);
        self.session.batch_execute(&reset).await.map_err(stopped)
    }

    /// Runs one statement of many, in the open transaction or by itself.
    pub(crate) async fn run_one(
        &self,
        runnable: Runnable<'_>,
        (index, statement): (usize, &Statement),
        of: usize,
        backend: i32,
    ) -> Result<(), Stopped> {
        let sent = self.send(runnable.script, statement).await?;
        self.answer(runnable, (index, statement), of, sent, backend)
            .await
            .map_err(|error| self.statement_stopped(runnable, (index, statement), of, &error))
    }

    /// Puts one statement on the wire, with its `${NAME}` replaced where that is asked for.
    pub(crate) async fn send<'s>(
        &'s self,
        script: &'s Script,
        statement: &'s Statement,
    ) -> Result<Sent<'s>, SourceError> {
        let sql = match script.sql(statement) {
            // A file sets it for runners that have no budget of their own; ours keeps to the options.
            sql if sets_lock_timeout(sql) => "".into(),
            // The budget holds for what follows as well.
            sql if resets_all(sql) => format!("{sql}; SELECT {}", self.settings()).into(),
            _ => self.text(script, statement)?,
        };
        let rows = statement.copy_data.clone();
        let sent: Sent<'s> = Box::pin(async move {
            match rows {
                None => self.session.batch_execute(&sql).await,
                Some(rows) => self.copy(&sql, script.text[rows].to_owned()).await,
            }
        });
        Ok(begun(sent).await)
    }

    /// The text of a statement as it is sent.
    pub(super) fn text<'s>(
        &self,
        script: &'s Script,
        statement: &Statement,
    ) -> Result<Cow<'s, str>, SourceError> {
        if self.options.substitute {
            script.substituted(statement)
        } else {
            Ok(script.sql(statement).into())
        }
    }

    async fn copy(&self, sql: &str, rows: String) -> Result<(), tokio_postgres::Error> {
        let mut sink = Box::pin(self.session.copy_in(sql).await?);
        sink.send(std::io::Cursor::new(rows)).await?;
        sink.as_mut().finish().await.map(|_| ())
    }

    #[tracing::instrument(name = "db.statement", skip_all, fields(migration = %runnable.name, number = index + 1))]
    async fn answer(
        &self,
        runnable: Runnable<'_>,
        (index, statement): (usize, &Statement),
        of: usize,
        sent: Sent<'_>,
        backend: i32,
    ) -> Result<(), tokio_postgres::Error> {
        let (migration, number) = (runnable.name, index + 1);
        self.observer.event(&Event::Statement {
            migration,
            number,
            of,
            position: statement.position,
            sql: runnable.script.sql(statement),
        });
        let began = Instant::now();
        self.watch(backend, sent).await?;
        let elapsed = began.elapsed();
        self.observer.event(&Event::StatementDone { migration, number, of, elapsed });
        Ok(())
    }

    /// Waits for an answer; meanwhile looks at what it waits for, and cancels when asked to stop.
    pub(crate) async fn watch<T>(
        &self,
        backend: i32,
        sent: impl Future<Output = Result<T, tokio_postgres::Error>> + Send,
    ) -> Result<T, tokio_postgres::Error> {
        let mut sent = std::pin::pin!(sent);
        let period = WATCH_EVERY.min(self.options.lock_timeout / 2).max(Duration::from_millis(1));
        let mut before_cancel = Duration::ZERO;
        loop {
            // The answer is raced with the look itself, which may hang on a connection of its own.
            let look = async {
                tokio::time::sleep(period).await;
                self.tell_blockers(backend).await;
                self.tell_index_progress(backend).await;
            };
            let asked = async {
                self.options.interrupt.requested().await;
                tokio::time::sleep(before_cancel).await;
            };
            tokio::select! {
                answer = &mut sent => return answer,
                () = look => {}
                () = asked => {
                    // Asked again later: one that reaches the server between statements is forgotten.
                    before_cancel = CANCEL_AGAIN;
                    self.session.cancel().await;
                }
            }
        }
    }

    /// Tells the observer who is in the way of `backend`, when that changes.
    pub(crate) async fn tell_blockers(&self, backend: i32) {
        let blockers = self.lock.blockers_of(backend).await;
        let known: Vec<i32> = self.seen().iter().map(|blocker| blocker.pid).collect();
        if !blockers.is_empty() {
            if !blockers.iter().map(|blocker| blocker.pid).eq(known) {
                self.observer.event(&Event::WaitingForLock { blockers: &blockers });
            }
            *self.seen() = blockers;
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<Blocker>> {
        self.blockers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What a failed query of the engine's own means for the transaction.
    pub(crate) fn stopped(
        &self,
        migration: &Name,
        doing: &'static str,
        error: &tokio_postgres::Error,
    ) -> Stopped {
        let target = self.session.target();
        match error.code() {
            Some(code) if is_busy(code) => Stopped::Busy,
            Some(code) if *code == SqlState::QUERY_CANCELED && self.asked_to_stop() => {
                Stopped::Failed(interrupted(migration))
            }
            Some(code) if !ends_connection(code) => {
                Stopped::Failed(Error::query(doing, target, error))
            }
            _ => Stopped::Failed(Error::lost(target, Some(migration), error)),
        }
    }

    /// What a failed statement of a migration means for the transaction.
    pub(crate) fn statement_stopped(
        &self,
        runnable: Runnable<'_>,
        statement: (usize, &Statement),
        of: usize,
        error: &tokio_postgres::Error,
    ) -> Stopped {
        let stopped = self.stopped(runnable.name, "running a statement", error);
        match (stopped, error.as_db_error()) {
            (Stopped::Failed(Error::Query { .. } | Error::Denied { .. }), Some(said)) => {
                let (name, script) = (runnable.name, runnable.script);
                let mut failure = StatementFailure::new(name, script, statement, of, said);
                let login = self.session.target().login();
                failure.advice = failure.advice.map(|advice| advice.replace("LOGIN", &login));
                Stopped::Failed(Error::Statement(Box::new(failure)))
            }
            (stopped, _) => stopped,
        }
    }

    fn asked_to_stop(&self) -> bool {
        self.options.interrupt.is_requested()
    }
}

/// The same, polled once: that is what sends.
async fn begun<T: Send + 'static>(mut sent: Sent<'_, T>) -> Sent<'_, T> {
    match futures_util::poll!(&mut sent) {
        Poll::Ready(answer) => Box::pin(std::future::ready(answer)),
        Poll::Pending => sent,
    }
}

pub(crate) fn interrupted(migration: &Name) -> Error {
    Error::Interrupted {
        migration: Some(migration.clone()),
        left: "its transaction was rolled back, what was finished before is recorded",
    }
}

/// A lock timeout, a deadlock or a serialization failure: the same transaction may succeed later.
fn is_busy(code: &SqlState) -> bool {
    *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::T_R_SERIALIZATION_FAILURE
}

/// A login called `trunkline` has the ledger's schema first in its search path (`"$user"`), and would
/// make its tables there: what to select so that it does not.
pub(super) fn keep_out_of_ledger(local: bool) -> String {
    format!(
        "CASE WHEN current_schema() = 'trunkline' THEN set_config('search_path', 'public', {local}) END"
    )
}

/// Takes back what a script set for the session: the ledger and the migrations after it are written
/// and run as if it had run alone.
pub(super) const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// Whether the statements may leave a setting or a role behind, if only by a function that they call.
pub(crate) fn changes_settings(script: &Script, statements: &[Statement]) -> bool {
    let may = |word: Word<'_>| {
        ["set", "reset", "discard", "do", "call", "select", "with", "execute"]
            .iter()
            .any(|keyword| word.is(keyword))
    };
    ["set_config", "SET_CONFIG"].iter().any(|name| script.text.contains(name))
        || statements.iter().any(|it| words(script.sql(it)).next().is_some_and(may))
}

fn sets_lock_timeout(sql: &str) -> bool {
    let mut words = words(sql).filter(|word| !word.is("local") && !word.is("session"));
    words.next().is_some_and(|word| word.is("set") || word.is("reset"))
        && words.next().is_some_and(|word| word.is("lock_timeout"))
}

fn resets_all(sql: &str) -> bool {
    let mut words = words(sql);
    words.next().is_some_and(|word| word.is("reset"))
        && words.next().is_some_and(|word| word.is("all"))
}

/// The pause before attempt `number + 1`: doubling from 50 ms to 3.2 s, of which a random half,
/// so that the platform gets through and several waiters do not come back at once.
fn pause_before(number: u32) -> Duration {
    let longest = 50_u64 << number.saturating_sub(1).min(6);
    Duration::from_millis(rand::random_range(longest / 2..=longest))
}

/// Whether two transactions of one connection may meet two server processes: a pooler in
/// transaction mode. Seen from `before`, the process behind the first, and `lock`, which holds one.
pub(crate) async fn is_pooled(session: &Session, before: i32, lock: i32, samples: usize) -> bool {
    if before == lock {
        return true;
    }
    for _ in 0..samples {
        // Each is a transaction; of a busy pool several in turn may meet the same process.
        let now = session.query_typed_one("SELECT pg_backend_pid()", &[]).await;
        if now.is_ok_and(|row| row.get::<_, i32>(0) != before) {
            return true;
        }
    }
    false
}
