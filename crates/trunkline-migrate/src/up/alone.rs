//! Statements that cannot stand in a transaction: CONCURRENTLY, VACUUM and the like.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;

use super::execute::{Runnable, Stopped, Work, interrupted, keep_out_of_ledger};
use crate::error::Error;
use crate::event::Event;
use crate::sql::{Statement, words};

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
        let sql = runnable.script.sql(place.1);
        let concurrently = words(sql).any(|word| word.is("concurrently"));
        let timeout = if concurrently { 0 } else { self.options.lock_timeout.as_millis() };
        // From PostgreSQL 14 on the server notices a client that died and stops the statement.
        let prepare = format!(
            "SET lock_timeout = {timeout}; SET statement_timeout = 0; SET synchronous_commit = off; \
             SET standard_conforming_strings = on; \
             SELECT pg_backend_pid(), {search_path}, \
                    CASE WHEN current_setting('client_connection_check_interval', true) <> '' \
                    THEN set_config('client_connection_check_interval', '1s', false) END",
            search_path = keep_out_of_ledger(false),
        );
        let stopped = |error| self.stopped(runnable.name, "preparing a statement", &error);
        let row = self.session.simple_row(&prepare).await.map_err(stopped)?;
        let backend = row.and_then(|row| row.get(0)?.parse().ok()).unwrap_or_default();
        let done = self.run_one(runnable, place, of, backend).await;
        // The connection goes on to other statements, which have timeouts of their own.
        let reset = "RESET lock_timeout; RESET statement_timeout; RESET synchronous_commit";
        let _ = self.session.batch_execute(reset).await;
        done
    }

    /// Waits until the same statement, left running at the server by a killed runner, is over.
    pub(crate) async fn wait_for_orphan(
        &self,
        migration: &crate::source::Name,
        sql: &str,
    ) -> Result<(), Error> {
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

/// Whether PostgreSQL refuses the statement inside a transaction.
pub(crate) fn must_stand_alone(sql: &str) -> bool {
    let opening: Vec<String> =
        words(sql).take(2).map(|word| word.text.to_ascii_lowercase()).collect();
    let opening: Vec<&str> = opening.iter().map(String::as_str).collect();
    let alone = matches!(
        opening.as_slice(),
        ["vacuum" | "cluster" | "call" | "reindex", ..]
            | ["create" | "drop", "database" | "tablespace" | "subscription"]
            | ["alter", "system"]
    );
    alone || words(sql).any(|word| word.is("concurrently"))
}
