//! Migrations in one transaction together with their ledger rows.

use std::time::Instant;

use tokio_postgres::Statement;

use super::execute::{Runnable, Stopped, Work};
use super::{Run, UpReport};
use crate::error::Error;
use crate::ledger::{self, Origin, insert_entry};
use crate::platform::WRITING;
use crate::source::{Migration, Name};

/// Where a transaction stands in a run of many.
#[derive(Clone, Copy, Default)]
pub(super) struct Turn<'a> {
    /// The server process behind it, when the one before opened it.
    pub opened: Option<i32>,
    /// For whom to open another when it is committed.
    pub next: Option<&'a Name>,
    /// What writes the ledger, prepared.
    pub recording: Option<&'a Statement>,
}

/// What became of one attempt.
enum Outcome {
    /// With the server process behind the transaction that was opened for the next one.
    Applied(Option<i32>),
    /// The platform's own runner recorded this one of them while we were at it.
    AppliedElsewhere(usize),
}

impl Run<'_> {
    /// Applies `migrations` together: all of them, or none.
    pub(super) async fn apply_in_one_transaction(
        &self,
        migrations: &[&Migration],
        mut turn: Turn<'_>,
        report: &mut UpReport,
    ) -> Result<Option<i32>, Error> {
        let Some(first) = migrations.first() else { return Ok(None) };
        let work = self.work();
        let began: Vec<Instant> =
            migrations.iter().map(|migration| self.started(migration)).collect();
        let attempt = || {
            let opened = turn.opened.take();
            self.attempt(&work, migrations, Turn { opened, ..turn })
        };
        let outcome = work.within_budget(&first.name, attempt);
        match outcome.await {
            Ok(Outcome::Applied(opened)) => {
                for (migration, began) in migrations.iter().zip(began) {
                    report.applied.push(self.finished(migration, began.elapsed()));
                }
                Ok(opened)
            }
            Ok(Outcome::AppliedElsewhere(index)) => {
                let mut rest = migrations.to_vec();
                let elsewhere = rest.remove(index);
                self.adopt_platform_row(elsewhere).await?;
                report.adopted.push(elsewhere.name.clone());
                Box::pin(self.apply_in_one_transaction(&rest, turn, report)).await
            }
            Err(mut error) => {
                if let (Error::Statement(failure), [_, _, ..]) = (&mut error, migrations) {
                    failure.left =
                        "the transaction was rolled back, nothing of these migrations remains";
                }
                let failed = failed_migration(&error).unwrap_or(&first.name).clone();
                ledger::note_failure(&self.work, &failed, "up", None, &error).await;
                Err(error)
            }
        }
    }

    pub(crate) fn work(&self) -> Work<'_> {
        Work::new(&self.work, &self.lock, self.observer.as_ref(), &self.migrator.options)
    }

    async fn attempt(
        &self,
        work: &Work<'_>,
        migrations: &[&Migration],
        turn: Turn<'_>,
    ) -> Result<Outcome, Stopped> {
        let first = &migrations[0].name;
        let backend = match turn.opened {
            Some(backend) => backend,
            None => work.begin(first).await?,
        };
        for (index, migration) in migrations.iter().enumerate() {
            let name = &migration.name;
            let stopped = |error| work.stopped(name, "writing the ledger", &error);
            let told = |error| work.stopped(name, WRITING, &error);
            if let Some(platform) = &self.platform {
                let claimed = platform.claim(&self.work, migration).await.map_err(told)?;
                if !claimed {
                    self.work.batch_execute("ROLLBACK").await.map_err(stopped)?;
                    return Ok(Outcome::AppliedElsewhere(index));
                }
            }
            let runnable = Runnable { name, script: &migration.up };
            let (source, down) = (self.migrator.source()?.label(), migration.down()?);
            let prepared = turn.recording;
            let recorded = insert_entry(&self.work, prepared, source, migration, down, Origin::Run);
            let body = migration.up.body()?;
            let recorded = work.run_all(runnable, body, backend, recorded).await?;
            if !recorded.map_err(stopped)? {
                return Err(Stopped::Failed(Error::Query {
                    doing: "writing the ledger",
                    message: format!("{name} was recorded by another runner meanwhile"),
                    code: "23505".to_owned(),
                }));
            }
            if let Some(platform) = &self.platform {
                platform.finish(&self.work, migration).await.map_err(told)?;
            }
        }
        Ok(Outcome::Applied(work.commit_and_begin(first, turn.next).await?))
    }
}

fn failed_migration(error: &Error) -> Option<&Name> {
    match error {
        Error::Statement(failure) => Some(&failure.migration),
        Error::Busy { migration, .. } => Some(migration),
        _ => None,
    }
}
