use std::num::NonZeroUsize;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Pool, PoolError, QueueMode, RecycleError, RecycleResult};
use trunkline_migrate::Target;

use super::executor::{Connection, Session};
use crate::StoreError;

/// How many connections there are, and how long one is waited for.
#[derive(Debug, Clone, Copy)]
pub struct PoolOptions {
    /// So many at most.
    pub size: NonZeroUsize,
    /// A request that waits longer for one is refused.
    pub patience: Duration,
    /// Each statement is planned once: for few of them that run often, whatever their values are.
    ///
    /// By itself PostgreSQL plans a statement on partitions anew each time, to leave most of them out.
    pub plans_once: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            size: NonZeroUsize::new(10).unwrap_or(NonZeroUsize::MIN),
            patience: Duration::from_secs(5),
            plans_once: false,
        }
    }
}

/// The database, reached through a pool of connections; its clones share the pool.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Manager>,
}

impl Store {
    /// A pool that connects when it is first asked.
    pub fn new(target: Target, options: PoolOptions) -> Self {
        let pool = Pool::builder(Manager { target, plans_once: options.plans_once })
            .max_size(options.size.get())
            // The one that was used last: what it knows is still in the caches of a processor.
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.patience))
            .runtime(Runtime::Tokio1)
            .build();
        match pool {
            Ok(pool) => Self { pool },
            Err(error) => unreachable!("a runtime is given for the timeouts: {error}"),
        }
    }

    /// A connection, for as long as it is held.
    pub async fn connection(&self) -> Result<Connection, StoreError> {
        let unavailable = |reason: String| StoreError::Unavailable { reason };
        self.pool.get().await.map(Connection::new).map_err(|error| match error {
            PoolError::Timeout(_) => {
                unavailable("every connection is in use, or none could be made in time".into())
            }
            PoolError::Backend(error) => error,
            other => unavailable(other.to_string()),
        })
    }

    /// How many connections there are, and how many of them nobody uses.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }
}

/// Makes connections, and looks at those that come back.
pub(super) struct Manager {
    target: Target,
    plans_once: bool,
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = StoreError;

    async fn create(&self) -> Result<Session, Self::Error> {
        let unavailable =
            |error: trunkline_migrate::Error| StoreError::Unavailable { reason: error.to_string() };
        let client = self.target.client_of("trunkline").await.map_err(unavailable)?;
        if self.plans_once {
            let set = client.batch_execute("SET plan_cache_mode = force_generic_plan").await;
            set.map_err(StoreError::query("settle how statements are planned"))?;
        }
        Ok(Session::new(client))
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Self::Error> {
        if session.is_usable() {
            Ok(())
        } else {
            Err(RecycleError::message("the connection was lost"))
        }
    }
}
