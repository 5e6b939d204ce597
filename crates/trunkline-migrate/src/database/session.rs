use std::future::poll_fn;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, Connection, SimpleQueryMessage, SimpleQueryRow};

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
        Self { client, target }
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
