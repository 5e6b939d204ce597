//! What is applied, pending, changed, missing: read, never written.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use similar::TextDiff;

use crate::database::Session;
use crate::error::Error;
use crate::ledger::{self, Entry, HistoryEntry, Origin, State};
use crate::migrator::Migrator;
use crate::platform::PlatformTable;
use crate::selection::resolve;
use crate::source::{Migration, Name};

/// The state of the whole set in the database.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Host, port and database.
    pub database: String,
    /// The label of the set.
    pub source: String,
    /// One row a migration, in the order of the set, then what the set does not have.
    pub migrations: Vec<MigrationStatus>,
}

/// The state of one migration.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationStatus {
    /// Which.
    pub migration: Name,
    /// How it stands.
    pub state: MigrationState,
    /// Who applied it.
    pub origin: Option<Origin>,
    /// When it was applied or adopted.
    pub applied_at: Option<Timestamp>,
    /// Whether there is a script that takes it back, in the set or in the ledger.
    pub reversible: bool,
    /// Statements done and all of them, for a migration that stopped half-way.
    pub progress: Option<(i32, usize)>,
    /// The failure of its last run, if that failed.
    pub last_error: Option<String>,
    /// For a changed file: what was applied (`-`) and what the file says now (`+`).
    pub difference: Option<String>,
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// Applied.
    Applied,
    /// To be applied by the next `up`.
    Pending,
    /// To be applied, although later ones are.
    OutOfOrder,
    /// Applied by the platform's own runner; the next `up` records it.
    AppliedByPlatform,
    /// Applied, and its file is another one now.
    Changed,
    /// Applied, and the set does not have it.
    MissingFile,
    /// A no-transaction migration that stopped half-way.
    HalfWay,
}

impl Status {
    /// Whether everything is applied and unchanged.
    pub fn is_current(&self) -> bool {
        let current =
            |state| matches!(state, MigrationState::Applied | MigrationState::AppliedByPlatform);
        self.migrations.iter().all(|status| current(status.state))
    }
}

impl Migrator {
    /// Holds the set against the database, in a READ ONLY transaction.
    pub async fn status(&self) -> Result<Status, Error> {
        let session = self.connect_read_only("status").await?;
        let source = self.source()?;
        let (entries, history) = if self.has_ledger(&session).await? {
            (
                ledger::list_entries(&session, &self.target).await?,
                ledger::list_history(&session, &self.target, None, 1000).await?,
            )
        } else {
            (Vec::new(), Vec::new())
        };
        let by_platform = self.applied_by_platform(&session).await?;
        let latest = source
            .migrations()
            .iter()
            .rev()
            .map(|migration| &migration.name)
            .find(|name| entries.iter().any(|entry| entry.name == **name));
        let mut migrations: Vec<MigrationStatus> = source
            .migrations()
            .iter()
            .map(|migration| {
                let entry = entries.iter().find(|entry| entry.name == migration.name);
                describe(migration, entry, &by_platform, latest, &history)
            })
            .collect();
        let unknown = entries
            .iter()
            .filter(|entry| entry.source == source.label() && source.find(&entry.name).is_none());
        migrations.extend(unknown.map(missing_file));
        Ok(Status {
            database: self.target.to_string(),
            source: source.label().to_owned(),
            migrations,
        })
    }

    /// What the platform's own runner applied, as far as this login may see it.
    pub(crate) async fn applied_by_platform(&self, session: &Session) -> Result<Vec<Name>, Error> {
        let ledger = &self.options.platform_ledger;
        let rows = match PlatformTable::find(session, &self.target, ledger).await? {
            Some(table) if table.readable => table.list_successes(session, &self.target).await?,
            _ => Vec::new(),
        };
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// The latest acts, newest first: of one migration, by its name or a start of it, or of all.
    pub async fn history(
        &self,
        migration: Option<&str>,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let session = self.connect_read_only("history").await?;
        let has_ledger = self.has_ledger(&session).await?;
        let mut name = None;
        if let Some(text) = migration {
            let set = self.source()?.migrations().iter().map(|it| it.name.clone());
            let mut known: BTreeSet<Name> = set.collect();
            if has_ledger {
                known.extend(ledger::list_acted_on(&session, &self.target).await?);
            }
            name = Some(resolve(known.iter(), text)?);
        }
        if !has_ledger {
            return Ok(Vec::new());
        }
        ledger::list_history(&session, &self.target, name.as_ref(), limit).await
    }
}

fn describe(
    migration: &Migration,
    entry: Option<&Entry>,
    by_platform: &[Name],
    latest: Option<&Name>,
    history: &[HistoryEntry],
) -> MigrationStatus {
    let name = &migration.name;
    let changed = entry.is_some_and(|entry| !migration.up.checksum.normalised.is(&entry.checksum));
    let state = match entry {
        Some(entry) if entry.state == State::Partial => MigrationState::HalfWay,
        Some(_) if changed => MigrationState::Changed,
        Some(_) => MigrationState::Applied,
        None if by_platform.contains(name) => MigrationState::AppliedByPlatform,
        None if latest.is_some_and(|latest| name < latest) => MigrationState::OutOfOrder,
        None => MigrationState::Pending,
    };
    let last = history.iter().find(|entry| entry.migration == *name);
    MigrationStatus {
        migration: name.clone(),
        state,
        origin: entry.map(|entry| entry.origin),
        applied_at: entry.and_then(|entry| entry.applied_at),
        reversible: migration.has_down() || entry.is_some_and(|entry| entry.down_sql.is_some()),
        progress: entry.filter(|entry| entry.state == State::Partial).map(|entry| {
            let of = migration.up.statements().map_or(0, <[_]>::len);
            (entry.statements_done.unwrap_or(0), of)
        }),
        last_error: last
            .filter(|last| last.state == "failed" && state != MigrationState::Applied)
            .and_then(|last| last.error.clone()),
        difference: entry
            .filter(|_| {
                changed && matches!(state, MigrationState::Changed | MigrationState::HalfWay)
            })
            .map(|entry| difference(&entry.up_sql, &migration.up.text, name)),
    }
}

fn missing_file(entry: &Entry) -> MigrationStatus {
    MigrationStatus {
        migration: entry.name.clone(),
        state: MigrationState::MissingFile,
        origin: Some(entry.origin),
        applied_at: entry.applied_at,
        reversible: entry.down_sql.is_some(),
        progress: None,
        last_error: None,
        difference: None,
    }
}

fn difference(applied: &str, now: &str, name: &Name) -> String {
    TextDiff::from_lines(applied, now)
        .unified_diff()
        .context_radius(2)
        .header(&format!("{name}.sql as applied"), &format!("{name}.sql now"))
        .to_string()
}
