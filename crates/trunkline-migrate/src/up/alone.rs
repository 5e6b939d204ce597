//! Statements that cannot stand in a transaction: CONCURRENTLY, VACUUM and the like.

use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::execute::{Runnable, Stopped, Work, interrupted, keep_out_of_ledger};
use crate::error::Error;
use crate::event::Event;
use crate::lock::no_transaction_timeout;
use crate::source::Name;
use crate::sql::{Statement, Word, words};

/// How often it is looked whether an orphaned statement is over.
const POLL: Duration = Duration::from_millis(250);

impl Work<'_> {
    /// Runs one statement of a script by itself, within the lock budget.
    ///
    /// CONCURRENTLY waits for old transactions by their locks and stops no one meanwhile, so it has
    /// no lock timeout; everything else keeps to the options.
    pub(crate) async fn run_alone(
        &self,
        runnable: Runnable<'_>,
        place: (usize, &Statement),
        of: usize,
    ) -> Result<(), Stopped> {
        let sql = self.text(runnable.script, place.1)?;
        let concurrently = words(&sql).any(|word| word.is("concurrently"));
        let backend = self.prepare_alone(runnable.name, concurrently).await?;
        let done = self.run_one(runnable, place, of, backend).await;
        self.end_alone().await;
        done
    }

    /// The same for a statement of the engine's own with CONCURRENTLY.
    pub(super) async fn run_own_alone(
        &self,
        migration: &Name,
        doing: &'static str,
        sql: &str,
    ) -> Result<(), Stopped> {
        let backend = self.prepare_alone(migration, true).await?;
        let done = self.watch(backend, self.session.batch_execute(sql)).await;
        self.end_alone().await;
        done.map_err(|error| self.stopped(migration, doing, &error))
    }

    /// Makes the connection ready, and returns the server process behind it.
    async fn prepare_alone(&self, migration: &Name, concurrently: bool) -> Result<i32, Stopped> {
        let timeout = if concurrently { 0 } else { self.options.lock_timeout.as_millis() };
        // From PostgreSQL 14 on the server notices a client that died and stops the statement.
        // Settings of the session are made in the process that is known, or, behind a pooler, in none: the message
        // is a transaction of its own.
        let expected = self.known_backend().map_or_else(String::new, |backend| {
            format!("SELECT 1 / (pg_backend_pid() = {backend})::INTEGER; ")
        });
        let prepare = format!(
            "{expected}SET lock_timeout = {timeout}; SET statement_timeout = 0; SET synchronous_commit = off; \
             SET standard_conforming_strings = on; \
             SELECT pg_backend_pid(), {search_path}, {no_timeout}, \
                    CASE WHEN current_setting('client_connection_check_interval', true) <> '' \
                    THEN set_config('client_connection_check_interval', '1s', false) END",
            search_path = keep_out_of_ledger(false),
            no_timeout = no_transaction_timeout(false),
        );
        let stopped = |error: tokio_postgres::Error| {
            if error.code() == Some(&SqlState::DIVISION_BY_ZERO) {
                return Stopped::Failed(Error::Pooler(migration.clone()));
            }
            self.stopped(migration, "preparing a statement", &error)
        };
        let row = self.session.simple_row(&prepare).await.map_err(stopped)?;
        let backend = row.and_then(|row| row.get(0)?.parse().ok()).unwrap_or_default();
        self.know_backend(backend);
        Ok(backend)
    }

    /// The connection goes on to other statements, which have timeouts of their own.
    ///
    /// `pg_settings` is a list of all settings, and is read only where there is this one.
    async fn end_alone(&self) {
        let reset = "RESET lock_timeout; RESET statement_timeout; RESET synchronous_commit; \
             SELECT CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL THEN set_config( \
             'transaction_timeout', (SELECT reset_val FROM pg_settings WHERE name = 'transaction_timeout'), false) END";
        let _ = self.session.batch_execute(reset).await;
    }

    /// Waits until the same statement, left running at the server by a killed runner, is over.
    pub(crate) async fn wait_for_orphan(&self, migration: &Name, sql: &str) -> Result<(), Error> {
        let mut told: Option<Instant> = None;
        loop {
            // pg_stat_activity keeps the beginning of a query alone.
            let rows = self
                .session
                .query_typed(
                    "SELECT pid FROM pg_stat_activity \
                     WHERE datname = current_database() AND state = 'active' \
                       AND starts_with($1, query) AND application_name LIKE 'trunkline-migrate %' \
                       AND query <> '' AND pid <> pg_backend_pid()",
                    &[(&sql, Type::TEXT)],
                )
                .await
                .map_err(|error| {
                    Error::query("looking for an orphan", self.session.target(), &error)
                })?;
            let Some(row) = rows.first() else { return Ok(()) };
            let pid: i32 = row.get(0);
            if told.is_none_or(|told| told.elapsed() > Duration::from_secs(10)) {
                told = Some(Instant::now());
                let message = format!(
                    "an earlier run was killed, and backend {pid} still runs its statement; waiting for it"
                );
                self.observer.event(&Event::Warning { message: &message });
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = self.options.interrupt.requested() => return Err(interrupted(migration)),
            }
        }
    }
}

/// Whether PostgreSQL refuses, or may refuse, the statement inside a transaction.
pub(crate) fn must_stand_alone(sql: &str) -> bool {
    let may = ["cluster", "call", "reindex"];
    never_in_transaction(sql).is_some()
        || words(sql).next().is_some_and(|word| may.iter().any(|may| word.is(may)))
        || words(sql).any(|word| word.is("concurrently"))
}

/// What PostgreSQL always refuses inside a transaction, CONCURRENTLY apart, by its key words
/// (`PreventInTransactionBlock` in its source).
pub(crate) fn never_in_transaction(sql: &str) -> Option<&'static str> {
    let words: Vec<String> = without_options(sql);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |keyword: &str| words.contains(&keyword);
    Some(match *words.as_slice() {
        ["vacuum", ..] => "VACUUM",
        ["create", "database", ..] => "CREATE DATABASE",
        ["drop", "database", ..] => "DROP DATABASE",
        ["alter", "database", _, "set", "tablespace", ..] => "ALTER DATABASE … SET TABLESPACE",
        ["create", "tablespace", ..] => "CREATE TABLESPACE",
        ["drop", "tablespace", ..] => "DROP TABLESPACE",
        ["alter", "system", ..] => "ALTER SYSTEM",
        ["create", "subscription", ..] => "CREATE SUBSCRIPTION",
        ["drop", "subscription", ..] => "DROP SUBSCRIPTION",
        ["alter", "subscription", ..] if has("refresh") => {
            "ALTER SUBSCRIPTION … REFRESH PUBLICATION"
        }
        ["cluster"] | ["cluster", "verbose"] => "CLUSTER without a table",
        ["discard", "all"] => "DISCARD ALL",
        ["reindex", "schema", ..] => "REINDEX SCHEMA",
        ["reindex", "database", ..] => "REINDEX DATABASE",
        ["reindex", "system", ..] => "REINDEX SYSTEM",
        _ => return None,
    })
}

/// The words of a statement in lower case, apart from those in parentheses.
fn without_options(sql: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = |word: &Word<'_>| {
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    words(sql).filter(outside).map(|word| word.text.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{must_stand_alone, never_in_transaction};

    #[test]
    fn what_cannot_run_in_a_transaction_is_told_from_what_can() {
        for (sql, expected) in [
            ("VACUUM (ANALYZE) t", Some("VACUUM")),
            ("REINDEX (VERBOSE) DATABASE d", Some("REINDEX DATABASE")),
            ("reindex table t", None),
            ("CLUSTER", Some("CLUSTER without a table")),
            ("CLUSTER t USING i", None),
            ("DISCARD ALL", Some("DISCARD ALL")),
            ("DISCARD TEMP", None),
            ("ALTER DATABASE d SET TABLESPACE s", Some("ALTER DATABASE … SET TABLESPACE")),
            ("ALTER DATABASE d SET work_mem = 1", None),
            (
                "ALTER SUBSCRIPTION s REFRESH PUBLICATION WITH (copy_data = false)",
                Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION"),
            ),
            ("ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)", None),
            ("DROP TABLESPACE s", Some("DROP TABLESPACE")),
            ("SELECT 1", None),
        ] {
            assert_eq!(never_in_transaction(sql), expected, "{sql}");
            assert!(expected.is_none() || must_stand_alone(sql), "{sql}");
        }
        assert!(must_stand_alone("REINDEX TABLE t") && must_stand_alone("CALL p()"));
        assert!(must_stand_alone("ALTER TABLE t DETACH PARTITION p CONCURRENTLY"));
        assert!(!must_stand_alone("DROP INDEX i"));
    }
}
