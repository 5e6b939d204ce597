//! Making the ledger say what is true, without running a migration.

use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::event::Observer;
use crate::ledger::{
    self, Entry, Note, Origin, State, delete_entry, insert_entry, note, update_checksum,
};
use crate::migrator::Migrator;
use crate::selection::resolve;
use crate::source::{Migration, Name, Source};
use crate::up::{Run, Stopped, Work};

/// What `repair` changes in the ledger.
#[derive(Debug, Clone, Default)]
pub struct RepairRequest {
    /// Only these; empty means every changed file.
    pub names: Vec<String>,
    /// Take these out of the ledger, whatever the set has.
    pub forget: Vec<String>,
}

/// What `repair` did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RepairReport {
    /// Changed files that are accepted as they are now.
    pub accepted: Vec<Name>,
    /// Applied migrations that were written into the platform's own ledger.
    pub told_platform: Vec<Name>,
    /// Taken out of the ledger.
    pub forgotten: Vec<Name>,
}

impl Migrator {
    /// Accepts changed files, tells the platform's ledger what is applied, and forgets what is named.
    pub async fn repair(
        &self,
        request: &RepairRequest,
        observer: Arc<dyn Observer>,
    ) -> Result<RepairReport, Error> {
        let work = self.connect("repair", &observer).await?;
        let run = self.begin_run(work, &observer, 1).await?;
        let report = run.repair(request).await;
        run.finish(report).await
    }

    /// Records migrations as applied without running them; the caller has verified the database.
    pub(crate) async fn record_adopted(
        &self,
        names: &[Name],
        observer: Arc<dyn Observer>,
    ) -> Result<(), Error> {
        let work = self.connect("adopt", &observer).await?;
        let run = self.begin_run(work, &observer, 1).await?;
        let result = run.adopt(names).await;
        run.finish(result).await
    }
}

/// Whether a changed file may be taken for what was applied: not by another set, unless it is named, and not half of it. `resume_point`
/// judges that one, and compares with the text that ran.
fn may_accept(source: &Source, entry: &Entry, is_named: bool) -> Result<bool, Error> {
    if entry.source != source.label() && !is_named {
        let names = vec![entry.name.clone()];
        return Err(Error::NameTaken { names, of: entry.source.clone() });
    }
    Ok(entry.state == State::Applied)
}

impl Run<'_> {
    async fn repair(&self, request: &RepairRequest) -> Result<RepairReport, Error> {
        let migrator = self.migrator;
        let source = migrator.source()?;
        let entries = ledger::list_entries(&self.work, &migrator.target).await?;
        let known = entries.iter().map(|entry| &entry.name);
        let resolved = |names: &[String]| -> Result<Vec<Name>, Error> {
            names.iter().map(|name| resolve(known.clone(), name)).collect()
        };
        let (names, forgotten) = (resolved(&request.names)?, resolved(&request.forget)?);
        let asked = entries.iter().filter(|entry| names.is_empty() || names.contains(&entry.name));
        let mut changed: Vec<&Migration> = Vec::new();
        for entry in asked.filter(|entry| !forgotten.contains(&entry.name)) {
            let Some(migration) = source.find(&entry.name) else { continue };
            let is_named = names.contains(&entry.name);
            if !migration.up.checksum.normalised.is(&entry.checksum)
                && may_accept(source, entry, is_named)?
            {
                changed.push(migration);
            }
        }
        let untold: Vec<&Migration> = entries
            .iter()
            .filter(|entry| entry.state == State::Applied && !forgotten.contains(&entry.name))
            .filter_map(|entry| source.find(&entry.name))
            .collect();
        let Some(first) = entries.first() else { return Ok(RepairReport::default()) };
        let work = self.work();
        let attempt = || self.write(&work, &changed, &untold, &forgotten);
        work.within_budget(&first.name, attempt).await
    }

    async fn write(
        &self,
        work: &Work<'_>,
        changed: &[&Migration],
        untold: &[&Migration],
        forgotten: &[Name],
    ) -> Result<RepairReport, Stopped> {
        let mut report = RepairReport::default();
        let some = changed.first().or(untold.first()).map(|migration| &migration.name);
        let Some(first) = some.or(forgotten.first()) else { return Ok(report) };
        let stopped = |error| work.stopped(first, "writing the ledger", &error);
        work.begin(first).await?;
        for migration in changed {
            update_checksum(&self.work, migration, migration.down()?).await.map_err(stopped)?;
            let why = Some("accepted the file as it is now");
            let repaired = Note { error: why, ..Note::done(&migration.name, "repair") };
            note(&self.work, &repaired).await.map_err(stopped)?;
            report.accepted.push(migration.name.clone());
        }
        if let Some(platform) = &self.platform {
            for migration in untold {
                if platform.claim(&self.work, migration).await.map_err(stopped)? {
                    report.told_platform.push(migration.name.clone());
                }
            }
        }
        for name in forgotten {
            delete_entry(&self.work, name).await.map_err(stopped)?;
            if let Some(platform) = &self.platform {
                // Otherwise the next run would take the platform's word that it is applied.
                platform.forget(&self.work, name).await.map_err(stopped)?;
            }
            let why = Some("taken out of the ledger, nothing was run");
            let repaired = Note { error: why, ..Note::done(name, "repair") };
            note(&self.work, &repaired).await.map_err(stopped)?;
            report.forgotten.push(name.clone());
        }
        work.commit(first).await?;
        Ok(report)
    }

    async fn adopt(&self, names: &[Name]) -> Result<(), Error> {
        let Some(first) = names.first() else { return Ok(()) };
        let work = self.work();
        let attempt = || async {
            let stopped = |error| work.stopped(first, "writing the ledger", &error);
            work.begin(first).await?;
            let source = self.migrator.source()?;
            for migration in names.iter().filter_map(|name| source.find(name)) {
                let (label, down) = (source.label(), migration.down()?);
                let inserted =
                    insert_entry(&self.work, None, label, migration, down, Origin::Adopted);
                inserted.await.map_err(stopped)?;
                if let Some(platform) = &self.platform {
                    platform.claim(&self.work, migration).await.map_err(stopped)?;
                }
            }
            work.commit(first).await
        };
        work.within_budget(first, attempt).await
    }
}
