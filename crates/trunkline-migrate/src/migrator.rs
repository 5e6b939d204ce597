use std::sync::Arc;

use tokio_postgres::error::{DbError, SqlState};

use crate::database::{NoticeSink, Session, Target};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::ledger::{self, Applied};
use crate::options::Options;
use crate::source::{Reading, Source, SourceError};

/// The functions of PostgreSQL that say "does not exist, skipping" (tablecmds.c, dropcmds.c).
const SKIPPING: [&str; 2] = ["DropErrorMsgNonExistent", "does_not_exist_skipping"];

/// A set of migrations, the database they are for, and how to go about it.
///
/// Every command is a method: [`up`](Self::up), [`down`](Self::down), [`restore`](Self::restore),
/// [`status`](Self::status), [`plan`](Self::plan), [`verify`](Self::verify),
/// [`history`](Self::history), [`adopt`](Self::adopt), [`repair`](Self::repair) and
/// [`ensure_current`](Self::ensure_current).
#[derive(Debug, Clone)]
pub struct Migrator {
    source: Reading,
    pub(crate) target: Target,
    pub(crate) options: Options,
}

impl Migrator {
    /// Nothing is opened yet; `source` is a [`Source`], or one that is still being read.
    pub fn new(source: impl Into<Reading>, target: Target, options: Options) -> Self {
        Self { source: source.into(), target, options }
    }

    /// The set; blocks where it is still being read.
    pub fn source(&self) -> Result<&Source, SourceError> {
        self.source.source()
    }

    /// The database.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// A connection and what is applied, read while the set may still be being read; what is wrong
    /// with the set is said first.
    pub(crate) async fn look(
        &self,
        role: &str,
        observer: &Arc<dyn Observer>,
    ) -> Result<(Session, Vec<Applied>), Error> {
        let looked = async {
            let session = self.open(role, observer).await?;
            let applied = self.applied(&session).await?;
            Ok((session, applied))
        };
        let looked = looked.await;
        self.source()?;
        looked
    }

    /// A connection for work, on which notices reach the observer.
    pub(crate) async fn connect(
        &self,
        role: &str,
        observer: &Arc<dyn Observer>,
    ) -> Result<Session, Error> {
        let session = self.open(role, observer).await;
        self.source()?;
        session
    }

    async fn open(&self, role: &str, observer: &Arc<dyn Observer>) -> Result<Session, Error> {
        let observer = Arc::clone(observer);
        let reverts = role == "down";
        let hear = move |notice: &DbError| {
            // Rolling back where nothing is open is our own precaution, and no news to anyone.
            let is_ours = *notice.code() == SqlState::NO_ACTIVE_SQL_TRANSACTION;
            // What a down script drops IF EXISTS has often gone already, with its table.
            let is_gone = reverts && notice.routine().is_some_and(|it| SKIPPING.contains(&it));
            if is_ours || is_gone {
                return;
            }
            observer.event(&Event::Notice {
                severity: notice.severity(),
                message: notice.message(),
                detail: notice.detail(),
                hint: notice.hint(),
            });
        };
        self.target.connect(role, NoticeSink::new(hear)).await
    }

    /// A connection inside a READ ONLY transaction: the server itself refuses any change.
    pub(crate) async fn connect_read_only(&self, role: &str) -> Result<Session, Error> {
        let session = self.target.connect(role, NoticeSink::ignore()).await;
        self.source()?;
        let session = session?;
        session.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(
            |error| Error::query("opening a read-only transaction", &self.target, &error),
        )?;
        Ok(session)
    }

    /// The ledger's short form; empty where there is no ledger.
    pub(crate) async fn applied(&self, session: &Session) -> Result<Vec<Applied>, Error> {
        Ok(ledger::list_applied(session, &self.target).await?.unwrap_or_default())
    }

    /// A failed query would end the transaction, so the ledger is looked for by name.
    pub(crate) async fn has_ledger(&self, session: &Session) -> Result<bool, Error> {
        let row = session
            .query_typed_one("SELECT to_regclass('trunkline.migration_history') IS NOT NULL", &[])
            .await
            .map_err(|error| Error::query("looking for the ledger", &self.target, &error))?;
        Ok(row.get(0))
    }
}
