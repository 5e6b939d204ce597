use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use deadpool::managed::Object;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::pool::Manager;
use super::{record, record_write};
use crate::StoreError;

/// A connection as the pool keeps it: with the statements that were prepared on it.
pub(super) struct Session {
    client: Client,
    state: State,
}

#[derive(Default)]
struct State {
    statements: Mutex<HashMap<String, Statement>>,
    /// The server said that it is going away or only reads: not to be used again.
    is_lost: AtomicBool,
}

impl Session {
    pub(super) fn new(client: Client) -> Self {
        Self { client, state: State::default() }
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.state.is_lost.load(Ordering::Relaxed)
    }
}

/// A connection of the pool, which goes back when it is dropped.
pub struct Connection {
    session: Object<Manager>,
}

impl Connection {
    pub(super) fn new(session: Object<Manager>) -> Self {
        Self { session }
    }

    /// Each query by itself.
    pub fn executor(&self) -> Executor<'_> {
        Executor { on: On::Client(&self.session.client), state: &self.session.state }
    }

    /// Begins a transaction, which is rolled back unless it is committed.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        let Session { client, state } = &mut *self.session;
        let begun = client.transaction().await;
        let inner = begun.map_err(|error| state.failure("begin a transaction", error))?;
        Ok(Transaction { inner, state })
    }
}

/// Queries that happen together or not at all.
pub struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    state: &'a State,
}

impl Transaction<'_> {
    /// Each query within the transaction.
    pub fn executor(&self) -> Executor<'_> {
        Executor { on: On::Transaction(&self.inner), state: self.state }
    }

    /// Makes it last.
    pub async fn commit(self) -> Result<(), StoreError> {
        let began = Instant::now();
        record_write();
        let committed = self.inner.commit().await;
        record(began.elapsed());
        committed.map_err(|error| match self.state.failure("commit a transaction", error) {
            StoreError::Unavailable { reason } => {
                let reason = format!("lost at COMMIT, which may have been done: {reason}");
                StoreError::Unavailable { reason }
            }
            failure => failure,
        })
    }
}

/// What queries run on: a connection or a transaction.
#[derive(Clone, Copy)]
pub struct Executor<'a> {
    on: On<'a>,
    state: &'a State,
}

#[derive(Clone, Copy)]
enum On<'a> {
    Client(&'a Client),
    Transaction(&'a tokio_postgres::Transaction<'a>),
}

/// Parameters of a query.
pub(crate) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// `doing` is a verb and its object: the words of a failure, after "cannot".
impl Executor<'_> {
    /// Every row.
    #[tracing::instrument(name = "db.query", level = "debug", skip_all, fields(doing))]
    pub(crate) async fn rows(
        self,
        doing: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let began = Instant::now();
        if !sql.trim_start().starts_with("SELECT") {
            self.record_write();
        }
        let rows = match self.query(sql, parameters).await {
            Err(error) if self.is_stale(&error) => {
                self.state.statements().clear();
                self.query(sql, parameters).await
            }
            answered => answered,
        };
        record(began.elapsed());
        rows.map_err(|error| self.state.failure(doing, error))
    }

    /// The first row, if there is one.
    pub(crate) async fn row(
        self,
        doing: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(doing, sql, parameters).await?.into_iter().next())
    }

    /// How many rows a statement without RETURNING wrote.
    #[tracing::instrument(name = "db.execute", level = "debug", skip_all, fields(doing))]
    pub(crate) async fn execute(
        self,
        doing: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<u64, StoreError> {
        let began = Instant::now();
        self.record_write();
        let written = match self.prepare(sql).await {
            Ok(statement) => match self.on {
                On::Client(client) => client.execute(&statement, parameters).await,
                On::Transaction(transaction) => transaction.execute(&statement, parameters).await,
            },
            Err(error) => Err(error),
        };
        record(began.elapsed());
        written.map_err(|error| self.state.failure(doing, error))
    }

    /// What a transaction writes lasts with its COMMIT alone.
    fn record_write(self) {
        if matches!(self.on, On::Client(_)) {
            record_write();
        }
    }

    async fn query(
        self,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let statement = self.prepare(sql).await?;
        match self.on {
            On::Client(client) => client.query(&statement, parameters).await,
            On::Transaction(transaction) => transaction.query(&statement, parameters).await,
        }
    }

    /// The statement, prepared once on each connection.
    async fn prepare(self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.state.statements().get(sql) {
            return Ok(statement.clone());
        }
        let statement = match self.on {
            On::Client(client) => client.prepare(sql).await?,
            On::Transaction(transaction) => transaction.prepare(sql).await?,
        };
        self.state.statements().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Whether a migration changed a table under a prepared statement; in a transaction it is too late
    /// to run it again.
    fn is_stale(self, error: &tokio_postgres::Error) -> bool {
        let changed = error.as_db_error().is_some_and(|said| {
            said.code().code() == "0A000" && said.message().contains("cached plan")
        });
        changed && matches!(self.on, On::Client(_))
    }
}

impl State {
    fn statements(&self) -> std::sync::MutexGuard<'_, HashMap<String, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, doing: &'static str, error: tokio_postgres::Error) -> StoreError {
        if error.as_db_error().is_some_and(|said| said.code().code() == "0A000") {
            self.statements().clear();
        }
        let failure = StoreError::query(doing)(error);
        if matches!(failure, StoreError::Unavailable { .. }) {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        failure
    }
}
