use std::time::Duration;

use trunkline_migrate::Interrupt;

use crate::{Executor, StoreError};

/// How long one rest is, and how long all before one batch may be: an import that never goes on helps nobody.
const REST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Batches that take this many times as long as the fastest say that the database has other work.
const SLOW: u32 = 5;
const TOO_FAST_TO_TELL: Duration = Duration::from_secs(2);

/// Lets the platform go first while the database is busy.
pub(super) struct Throttle {
    /// More sessions of others at work than that are too many; `None`: it never rests.
    busy: Option<u32>,
    fastest: Duration,
}

impl Throttle {
    pub(super) fn new(busy: Option<u32>) -> Self {
        Self { busy, fastest: Duration::MAX }
    }

    /// Rests after a batch that took so long, while there is a reason to; gives how long that was.
    pub(super) async fn rest(
        &mut self,
        executor: Executor<'_>,
        took: Duration,
        interrupt: &Interrupt,
    ) -> Result<Duration, StoreError> {
        let Some(busy) = self.busy else { return Ok(Duration::ZERO) };
        self.fastest = self.fastest.min(took);
        let mut rested = Duration::ZERO;
        // What others may not see of the sessions shows in how long our own work takes.
        let slow = took > TOO_FAST_TO_TELL && took > self.fastest.saturating_mul(SLOW);
        let at_least = if slow { took.min(LONGEST) } else { Duration::ZERO };
        while rested < LONGEST && !interrupt.is_requested() {
            if rested >= at_least && count_others(executor).await? <= i64::from(busy) {
                break;
            }
            tokio::time::sleep(REST).await;
            rested += REST;
        }
        Ok(rested)
    }
}

/// Sessions of others that are at work on this server, as far as the login may see.
async fn count_others(executor: Executor<'_>) -> Result<i64, StoreError> {
    let query = r"
        SELECT count(*)
        FROM pg_stat_activity
        WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
            AND application_name NOT LIKE 'trunkline%'";
    let row = executor.row("see how busy the database is", query, &[]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}
