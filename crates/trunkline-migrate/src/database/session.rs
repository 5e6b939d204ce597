use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::DbError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{
    AsyncMessage, Client, Connection, Row, SimpleQueryMessage, SimpleQueryRow, Statement,
};

use super::Target;

/// Where a connection's notices go, as they come.
#[derive(Clone)]
pub(crate) struct NoticeSink(Arc<dyn Fn(&DbError) + Send + Sync>);

impl NoticeSink {
    pub(crate) fn new(hear: impl Fn(&DbError) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(crate) fn ignore() -> Self {
        Self::new(|_| {})
    }
}

/// One connection, driven by a task of its own that ends with it.
pub(crate) struct Session {
    client: Client,
    target: Target,
    keeps: AtomicBool,
    kept: Mutex<HashMap<&'static str, Statement>>,
}

impl Session {
    pub(super) fn start<S, T>(
        client: Client,
        mut connection: Connection<S, T>,
        notices: NoticeSink,
        target: Target,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(async move {
            // An error here also reaches whoever waits on the client, so it is not told twice.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notice(notice) = message {
                    (notices.0)(&notice);
                }
            }
        });
        Self { client, target, keeps: AtomicBool::default(), kept: Mutex::default() }
    }

    /// From here on what is asked often stays prepared: nothing takes it away again, no pooler and no script.
    pub(crate) fn keep_statements(&self) {
        self.keeps.store(true, Ordering::Relaxed);
    }

    /// The statement, prepared once; `None` where it would not stay so.
    pub(crate) async fn kept(
        &self,
        sql: &'static str,
        types: &[Type],
    ) -> Result<Option<Statement>, tokio_postgres::Error> {
        if !self.keeps.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept().get(sql).cloned();
        if found.is_some() {
            return Ok(found);
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        kept().insert(sql, statement.clone());
        Ok(Some(statement))
    }

    /// As `query_typed`, for what is asked often.
    pub(crate) async fn query_kept(
        &self,
        sql: &'static str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let (values, types): (Vec<_>, Vec<_>) = parameters.iter().cloned().unzip();
        match self.kept(sql, &types).await? {
            Some(statement) => self.client.query(&statement, &values).await,
            None => self.client.query_typed(sql, parameters).await,
        }
    }

    /// Asks the server to cancel what this connection runs.
    pub(crate) async fn cancel(&self) {
        self.target.cancel(&self.client.cancel_token()).await;
    }

    /// The last row of several statements that are sent as one.
    pub(crate) async fn simple_row(
        &self,
        sql: &str,
    ) -> Result<Option<SimpleQueryRow>, tokio_postgres::Error> {
        let messages = self.client.simple_query(sql).await?;
        Ok(messages.into_iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        }))
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn into_client(self) -> Client {
        self.client
    }
}

impl std::ops::Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
