//! One runner at a time: an advisory lock in a transaction on a connection of its own.
//!
//! Polled, never waited for: a blocked waiter holds a snapshot and deadlocks with
//! CREATE INDEX CONCURRENTLY. Bound to a transaction, so that a pooler in transaction mode keeps the
//! connection with it and the server releases it however the client dies.

use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::types::Type;

use crate::database::{NoticeSink, Session, Target};
use crate::error::Error;
use crate::event::{Blocker, Event, Observer, Runner};

/// The runner's lock; `trunklin` in ASCII, one per database.
pub(crate) const RUN_KEY: i64 = 0x7472_756e_6b6c_696e;
/// Held by the transaction that works, so that an orphan of a killed runner is waited for.
pub(crate) const WORK_KEY: i64 = RUN_KEY + 1;

const POLL: Duration = Duration::from_millis(100);
const TELL_AFTER: Duration = Duration::from_millis(300);

/// The lock of a run; released when dropped, with its connection.
pub(crate) struct RunLock {
    session: Session,
    /// The server process behind the lock's transaction.
    pub backend: i32,
    /// For questions while the run works, opened when the first one is asked.
    ///
    /// Not the lock's own connection: a query there would give its open transaction a snapshot in the
    /// eyes of CREATE INDEX CONCURRENTLY, which would wait for the end of that transaction, and so for us.
    watcher: OnceCell<Option<Session>>,
}

/// What one attempt found.
enum Attempt {
    Taken(Box<RunLock>),
    Busy(Box<(Runner, Session)>),
}

/// Lifts, from PostgreSQL 17 on, what would end a long transaction; to be selected.
pub(crate) fn no_transaction_timeout(local: bool) -> String {
    format!(
        "CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL \
         THEN set_config('transaction_timeout', '0', {local}) END"
    )
}

impl RunLock {
    async fn attempt(session: Session) -> Result<Attempt, Error> {
        let target = session.target().clone();
        let failed = |error| Error::query("taking the migration lock", &target, &error);
        // By the simple protocol: the extended one keeps the portal of the last query open, and with it a
        // snapshot, for as long as the transaction lasts.
        let begin = format!(
            "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; \
             SELECT pg_try_advisory_xact_lock({RUN_KEY}), pg_backend_pid(), {no_timeout}",
            no_timeout = no_transaction_timeout(true),
        );
        let row = session.simple_row(&begin).await.map_err(failed)?;
        if let Some(row) = row.filter(|row| row.get(0) == Some("t")) {
            let backend = row.get(1).and_then(|pid| pid.parse().ok()).unwrap_or_default();
            let lock = Self { session, backend, watcher: OnceCell::new() };
            return Ok(Attempt::Taken(Box::new(lock)));
        }
        let runner = holder(&session, RUN_KEY).await.map_err(failed)?;
        session.batch_execute("ROLLBACK").await.map_err(failed)?;
        Ok(Attempt::Busy(Box::new((runner, session))))
    }

    /// Polls until the lock is free, `stop` says that it is no longer needed, or `patience` is over.
    pub(crate) async fn acquire<F>(
        target: &Target,
        role: &str,
        patience: Duration,
        observer: &dyn Observer,
        interrupt: &crate::options::Interrupt,
        mut done: impl FnMut() -> F,
    ) -> Result<Option<Self>, Error>
    where
        F: Future<Output = Result<bool, Error>>,
    {
        let mut session = target.connect(role, NoticeSink::ignore()).await?;
        let began = Instant::now();
        let mut told = None;
        loop {
            let runner = match Self::attempt(session).await? {
                Attempt::Taken(lock) => return Ok(Some(*lock)),
                Attempt::Busy(busy) => {
                    let (runner, free) = *busy;
                    session = free;
                    runner
                }
            };
            let waited = began.elapsed();
            if waited >= patience {
                return Err(Error::Locked { runner: Box::new(runner), waited });
            }
            if waited >= TELL_AFTER
                && told.is_none_or(|told| waited >= told + Duration::from_secs(5))
            {
                told = Some(waited);
                observer.event(&Event::WaitingForRunner { runner: &runner, waited });
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = interrupt.requested() => {
                    return Err(Error::Interrupted { migration: None, left: "nothing was begun" });
                }
            }
            if done().await? {
                return Ok(None);
            }
        }
    }

    /// Who holds the locks that `backend` waits for.
    pub(crate) async fn blockers_of(&self, backend: i32) -> Vec<Blocker> {
        let Some(watcher) = self.watcher().await else { return Vec::new() };
        let rows = watcher
            .query_typed(
                "SELECT pid, coalesce(application_name, ''), coalesce(state, ''), \
                        coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::int8, \
                        coalesce(left(regexp_replace(query, '\\s+', ' ', 'g'), 200), '') \
                 FROM pg_stat_activity \
                 WHERE pid = ANY (pg_blocking_pids($1)) \
                 ORDER BY pid",
                &[(&backend, Type::INT4)],
            )
            .await;
        // Naming the blockers is a courtesy; a failure here shows at the next use of the connection.
        rows.unwrap_or_default()
            .iter()
            .map(|row| Blocker {
                pid: row.get(0),
                application: row.get(1),
                state: row.get(2),
                age_seconds: row.get(3),
                query: row.get(4),
            })
            .collect()
    }

    /// Whether the lock was lost with its connection.
    pub(crate) fn is_lost(&self) -> bool {
        self.session.is_closed()
    }

    /// The connection for questions; none when the server has no connection left for it.
    pub(crate) async fn watcher(&self) -> Option<&Session> {
        let open =
            || async { self.session.target().connect("watch", NoticeSink::ignore()).await.ok() };
        self.watcher.get_or_init(open).await.as_ref()
    }

    /// Gives the lock back and says when that is done.
    pub(crate) async fn release(self) {
        // Dropping the connection releases it as well; this only makes it sooner.
        let _ = self.session.batch_execute("ROLLBACK").await;
    }
}

/// Who holds the advisory lock `key`.
pub(crate) async fn holder(session: &Session, key: i64) -> Result<Runner, tokio_postgres::Error> {
    let row = session
        .query_typed_opt(
            "SELECT a.pid, coalesce(a.application_name, ''), \
                    to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') \
             FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
               AND ((l.classid::int8 << 32) | l.objid::int8) = $1",
            &[(&key, Type::INT8)],
        )
        .await?;
    Ok(row.map_or_else(
        || Runner { pid: 0, application: "a runner that just ended".to_owned(), since: None },
        |row| Runner { pid: row.get(0), application: row.get(1), since: row.get(2) },
    ))
}
