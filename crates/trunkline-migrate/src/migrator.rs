use std::sync::Arc;

use tokio_postgres::error::{DbError, SqlState};

use crate::database::{NoticeSink, Session, Target};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::ledger::{self, Applied};
use crate::options::Options;
use crate::source::Source;

/// A set of migrations, the database they are for, and how to go about it.
///
/// Every command is a method: [`up`](Self::up), [`down`](Self::down), [`restore`](Self::restore),
/// [`status`](Self::status), [`plan`](Self::plan), [`verify`](Self::verify),
/// [`history`](Self::history), [`adopt`](Self::adopt), [`repair`](Self::repair) and
/// [`ensure_current`](Self::ensure_current).
#[derive(Debug, Clone)]
pub struct Migrator {
    pub(crate) source: Source,
    pub(crate) target: Target,
    pub(crate) options: Options,
}

impl Migrator {
    /// Nothing is opened or read yet.
    pub fn new(source: Source, target: Target, options: Options) -> Self {
        Self { source, target, options }
    }

    /// The set.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The database.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// A connection for work, on which notices reach the observer.
    pub(crate) async fn connect(
        &self,
        role: &str,
        observer: &Arc<dyn Observer>,
    ) -> Result<Session, Error> {
        let observer = Arc::clone(observer);
        let hear = move |notice: &DbError| {
            // Rolling back where nothing is open is our own precaution, and no news to anyone.
            if *notice.code() == SqlState::NO_ACTIVE_SQL_TRANSACTION {
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
        let session = self.target.connect(role, NoticeSink::ignore()).await?;
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
