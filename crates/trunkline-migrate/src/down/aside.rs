//! Down scripts whose tables were moved to an archive before they run.
//!
//! What such a script says of them (DROP TABLE without IF EXISTS, DROP INDEX, ALTER TABLE) finds nothing
//! and needs to do nothing: they are out of the way, and come back as they were.

use tokio_postgres::types::Type;

use super::Revert;
use crate::error::{Error, StatementFailure};
use crate::event::Event;
use crate::source::Name;
use crate::up::{Run, Runnable, Stopped, Work};

const SAVE: &str = "SAVEPOINT trunkline_statement";
const RELEASE: &str = "RELEASE SAVEPOINT trunkline_statement";
const BACK: &str = "ROLLBACK TO SAVEPOINT trunkline_statement";

/// The archive that was made when a migration was reverted, and is not brought back.
const ARCHIVES: &str = "trunkline.migration_archives AS archive \
     WHERE archive.restored_at IS NULL \
       AND archive.migrations @> jsonb_build_array(jsonb_build_object('name', $1))";

impl Run<'_> {
    /// Runs a down script in the open transaction of `backend`.
    pub(super) async fn run_down(
        &self,
        work: &Work<'_>,
        revert: &Revert,
        backend: i32,
    ) -> Result<(), Stopped> {
        let name = &revert.entry.name;
        let runnable = Runnable { name, script: &revert.script };
        let statements = revert.script.body()?;
        let stopped = |error| work.stopped(name, "running a down script", &error);
        let query = format!("SELECT EXISTS (SELECT FROM {ARCHIVES})");
        let has_archive = self
            .work
            .query_typed_one(&query, &[(&name.as_str(), Type::TEXT)])
            .await
            .map_err(stopped)?;
        if !has_archive.get::<_, bool>(0) {
            let nothing_more = std::future::ready(Ok(()));
            let done = work.run_all(runnable, statements, backend, nothing_more).await?;
            return done.map_err(stopped);
        }
        for (index, statement) in statements.iter().enumerate() {
            self.work.batch_execute(SAVE).await.map_err(stopped)?;
            match work.run_one(runnable, (index, statement), statements.len(), backend).await {
                Ok(()) => {}
                Err(Stopped::Failed(error @ Error::Statement(_))) => {
                    self.work.batch_execute(BACK).await.map_err(stopped)?;
                    if !self.is_put_aside(name, &error).await? {
                        return Err(error.into());
                    }
                }
                Err(stopped) => return Err(stopped),
            }
            self.work.batch_execute(RELEASE).await.map_err(stopped)?;
        }
        Ok(())
    }

    /// Whether a statement failed because what it names is in the archive of its migration.
    pub(super) async fn is_put_aside(&self, name: &Name, error: &Error) -> Result<bool, Error> {
        let Error::Statement(failure) = error else { return Ok(false) };
        let Some(missing) = missing_relation(failure) else { return Ok(false) };
        let query = format!(
            "SELECT EXISTS ( \
                 SELECT FROM pg_class c \
                 JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relname = $2 \
                   AND n.nspname IN ( \
                       SELECT aside ->> 'archive_schema' \
                       FROM (SELECT jsonb_array_elements(archive.tables) AS aside FROM {ARCHIVES}) AS t))"
        );
        let row = self
            .work
            .query_typed_one(&query, &[(&name.as_str(), Type::TEXT), (&missing, Type::TEXT)])
            .await
            .map_err(|error| {
                Error::query("looking into the archive", &self.migrator.target, &error)
            })?;
        let aside: bool = row.get(0);
        if aside {
            let message = format!(
                "{}:{} is left out: {missing} is in the archive",
                failure.file, failure.position
            );
            self.observer.event(&Event::Warning { message: &message });
        }
        Ok(aside)
    }
}

/// The table, index or sequence that PostgreSQL says does not exist.
fn missing_relation(failure: &StatementFailure) -> Option<&str> {
    if !matches!(failure.code.as_str(), "42P01" | "42704") {
        return None;
    }
    let quoted = failure.message.split('"').nth(1)?;
    quoted.rsplit('.').next()
}
