//! Down scripts whose tables were moved to an archive before they run.
//!
//! What such a script says of them (DROP TABLE, DROP INDEX, ALTER TABLE) needs to do nothing: they are out of
//! the way, and come back as they were. What it drops beside them and only they use goes with them.

use tokio_postgres::types::Type;

use super::Revert;
use super::archive::Archive;
use super::companions::{follow, follow_cascade};
use super::drop_statement::{Dropped, Relation, Subject};
use crate::error::{Error, StatementFailure};
use crate::event::Event;
use crate::lint::squawk::Reading;
use crate::source::Name;
use crate::sql::{Statement, words};
use crate::up::{Run, Runnable, Stopped, Work, changes_settings};

pub(super) const SAVE: &str = "SAVEPOINT trunkline_statement";
pub(super) const RELEASE: &str = "RELEASE SAVEPOINT trunkline_statement";
pub(super) const BACK: &str = "ROLLBACK TO SAVEPOINT trunkline_statement";

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
        mut archive: Option<&mut Archive>,
    ) -> Result<(), Stopped> {
        let name = &revert.entry.name;
        let runnable = Runnable { name, script: &revert.script };
        let statements = revert.body()?;
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
        for place in statements.iter().enumerate() {
            self.work.batch_execute(SAVE).await.map_err(stopped)?;
            let of = statements.len();
            let followed = archive.as_ref().map_or(0, |archive| archive.objects.len());
            let done = match archive.as_deref_mut() {
                Some(archive) => self.run_beside(work, revert, (place, of), backend, archive).await,
                None => work.run_one(runnable, place, of, backend).await,
            };
            match done {
                Ok(()) => {}
                Err(Stopped::Failed(error @ Error::Statement(_))) => {
                    self.work.batch_execute(BACK).await.map_err(stopped)?;
                    if let Some(archive) = archive.as_deref_mut() {
                        archive.objects.truncate(followed);
                    }
                    if !self.is_put_aside(name, &error).await? {
                        return Err(error.into());
                    }
                }
                Err(stopped) => return Err(stopped),
            }
            self.work.batch_execute(RELEASE).await.map_err(stopped)?;
        }
        if changes_settings(&revert.script, statements) {
            work.reset(name).await?;
        }
        Ok(())
    }

    /// Runs what a statement says of things that are not in `archive`.
    async fn run_beside(
        &self,
        work: &Work<'_>,
        revert: &Revert,
        (place, of): ((usize, &Statement), usize),
        backend: i32,
        archive: &mut Archive,
    ) -> Result<(), Stopped> {
        let runnable = Runnable { name: &revert.entry.name, script: &revert.script };
        let stopped = |error| work.stopped(runnable.name, "looking into the archive", &error);
        let whole = revert.sql(place.1);
        let mut part = None;
        match Subject::read(&whole) {
            Some(Subject::Table(table))
                if self.holds(archive, &table).await.map_err(stopped)? =>
            {
                return Ok(());
            }
            Some(Subject::List(dropped)) => {
                let left = self.left_to_drop(archive, &dropped).await.map_err(stopped)?;
                if left.is_empty() {
                    return Ok(());
                }
                part = (left.len() < dropped.names.len()).then(|| dropped.of(&left));
            }
            _ => {}
        }
        let before = self.dependencies().await.map_err(stopped)?;
        match &part {
            None => work.run_one(runnable, place, of, backend).await?,
            Some(sql) => work
                .watch(backend, self.work.batch_execute(sql))
                .await
                .map_err(|error| work.statement_stopped(runnable, place, of, &error))?,
        }
        let sql = part.as_deref().unwrap_or(&whole);
        if changes_something(sql, self.dependencies().await.map_err(stopped)? != before) {
            let (file, position) = (&revert.script.file, place.1.position);
            let summary = Reading::of(sql).summary;
            archive.statements.push(format!("{file}:{position}: {summary}"));
        }
        Ok(())
    }

    /// How many dependencies the database has: whatever is made or dropped changes that.
    async fn dependencies(&self) -> Result<i64, tokio_postgres::Error> {
        Ok(self.work.query_typed_one("SELECT count(*) FROM pg_depend", &[]).await?.get(0))
    }

    /// The names of a DROP that are not in the archive, after what only its tables use went there.
    async fn left_to_drop<'d>(
        &self,
        archive: &mut Archive,
        dropped: &Dropped<'d>,
    ) -> Result<Vec<&'d str>, tokio_postgres::Error> {
        let followed = archive.objects.len();
        let mut left = Vec::new();
        for name in &dropped.names {
            let aside = match (dropped.kind, Relation::read(name)) {
                (None, Some(relation)) => {
                    let holds = self.holds(archive, &relation).await?;
                    if holds && dropped.cascades() {
                        follow_cascade(&self.work, archive, &relation.name).await?;
                    }
                    holds
                }
                (None, None) => false,
                (Some(kind), _) => match follow(&self.work, archive, kind, name).await {
                    // Not a name that can be looked up: PostgreSQL will say what is wrong with it.
                    Err(error) if error.as_db_error().is_some() => {
                        self.work.batch_execute(BACK).await?;
                        archive.objects.truncate(followed);
                        return Ok(dropped.names.clone());
                    }
                    done => done?,
                },
            };
            if !aside {
                left.push(*name);
            }
        }
        Ok(left)
    }

    /// Whether a table or index is in the archive, and no other is meant by its name now.
    async fn holds(
        &self,
        archive: &Archive,
        relation: &Relation,
    ) -> Result<bool, tokio_postgres::Error> {
        let schemas: Vec<&str> = archive
            .tables
            .iter()
            .filter(|table| relation.schema.as_ref().is_none_or(|schema| *schema == table.schema))
            .map(|table| table.archive_schema.as_str())
            .collect();
        let row = self
            .work
            .query_typed_one(
                "SELECT to_regclass($1) IS NULL AND EXISTS ( \
                     SELECT FROM pg_class c \
                     JOIN pg_namespace n ON n.oid = c.relnamespace \
                     WHERE c.relname = $2 AND n.nspname = ANY ($3))",
                &[
                    (&relation.quoted(), Type::TEXT),
                    (&relation.name, Type::TEXT),
                    (&schemas, Type::TEXT_ARRAY),
                ],
            )
            .await?;
        Ok(row.get(0))
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

/// Whether a statement that ran did something that lasts; a DROP may have found nothing to drop, and a
/// DO block may have nothing to do.
fn changes_something(sql: &str, has_changed: bool) -> bool {
    let first = words(sql).next().map(|word| word.text.to_ascii_lowercase());
    match first.as_deref() {
        Some("drop" | "do" | "call") => has_changed,
        Some("set" | "reset" | "select" | "show" | "lock") | None => false,
        Some(_) => true,
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
